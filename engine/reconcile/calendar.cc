#include "engine/reconcile/calendar.h"

namespace kadende::reconcile {

base::TimePoint Calendar::PutNext(LookId id, base::Millis interval, base::TimePoint now) {
  std::uniform_real_distribution<double> around(1.0 - jitter_, 1.0 + jitter_);
  const double millis = static_cast<double>(interval.count()) * around(random_);
  const base::TimePoint at = now + base::Millis(static_cast<std::int64_t>(millis));
  Put(id, at);
  return at;
}

base::Millis Calendar::Share(base::Millis interval) {
  return base::Millis(std::uniform_int_distribution<std::int64_t>(0, interval.count())(random_));
}

base::TimePoint Calendar::Next() const {
  return appointments_.empty() ? base::TimePoint::max() : appointments_.top().at;
}

std::optional<LookId> Calendar::TakeDue(base::TimePoint now) {
  if (Next() > now || appointments_.empty()) return std::nullopt;
  const LookId id = appointments_.top().id;
  appointments_.pop();
  return id;
}

}  // namespace kadende::reconcile
