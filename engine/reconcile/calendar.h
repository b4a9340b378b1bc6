// When each check of each node is to be seen to. For health_monitor.cc only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <random>
#include <vector>

#include "engine/base/time.h"
#include "engine/reconcile/health_monitor.h"

namespace kadende::reconcile {

// An appointment is never taken back: one whose node left, or whose checks changed, is found stale when it is due.
class Calendar {
 public:
  Calendar(double jitter, std::uint64_t seed) : jitter_(jitter), random_(seed) {}

  void Put(LookId id, base::TimePoint at) { appointments_.push({at, id}); }
  // An interval from `now`, give or take the jitter; when that is.
  base::TimePoint PutNext(LookId id, base::Millis interval, base::TimePoint now);
  // A random part of an interval: what begins together does not stay together.
  [[nodiscard]] base::Millis Share(base::Millis interval);

  [[nodiscard]] base::TimePoint Next() const;  // TimePoint::max(): nothing is to come
  std::optional<LookId> TakeDue(base::TimePoint now);

 private:
  struct Appointment {
    base::TimePoint at{};
    LookId id;
    bool operator>(const Appointment& other) const { return at > other.at; }
  };

  const double jitter_;
  std::mt19937_64 random_;
  std::priority_queue<Appointment, std::vector<Appointment>, std::greater<>> appointments_;
};

}  // namespace kadende::reconcile
