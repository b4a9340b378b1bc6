#include "engine/reconcile/suspension.h"

#include <algorithm>

namespace kadende::reconcile {
namespace {

constexpr base::TimePoint kNever{};

}  // namespace

base::TimePoint FailingSince(const Failing& failing, base::TimePoint now) {
  if (!failing.failing) return kNever;
  if (failing.since == kNever || failing.released) return now;
  return std::min(failing.since, now);  // a moment ahead is another clock's
}

std::optional<Hindrance> CheckSuspended(const Failing& failing, const model::RemediationPolicy& policy,
                                        const std::string& last_error, base::TimePoint now) {
  if (failing.released) return std::nullopt;
  const base::TimePoint since = FailingSince(failing, now);
  const bool for_long = since != kNever && now - since >= policy.suspend_after;
  if (!for_long && !failing.suspended) return std::nullopt;
  std::string detail = "nothing has succeeded for " + base::FormatDuration(policy.suspend_after);
  if (!last_error.empty()) detail += ": " + last_error;
  return Hindrance{model::BrakeKind::kSuspended, std::move(detail), {}};
}

}  // namespace kadende::reconcile
