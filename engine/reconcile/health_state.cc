#include "engine/reconcile/health_state.h"

#include <algorithm>
#include <string>
#include <utility>

namespace kadende::reconcile {
namespace {

using model::CheckHealth;
using model::CheckType;
using model::Finding;
using model::HealthCheck;
using model::HealthState;
using model::NodeHealth;

constexpr base::TimePoint kNever{};
// Missing this many looks is a break.
constexpr int kMissedLooks = 3;
constexpr base::Millis kShortestGap = std::chrono::minutes(1);

void Enter(CheckHealth& health, HealthState state, base::TimePoint at) {
  if (health.state == state && health.since != kNever) return;
  health.state = state;
  health.since = at;
}

void ForgetRows(CheckHealth& health) {
  health.passes = health.fails = health.unknowns = 0;
  health.unknown_since = kNever;
}

bool IsBreak(const CheckHealth& before, const HealthCheck& check, base::TimePoint at) {
  const auto gap = LongestGap(check);
  return gap && before.last_at != kNever && at - before.last_at > *gap;
}

// A birth in the future is another clock's: whatever has been healthy has been so since.
bool WasHealthy(const CheckHealth& health, base::TimePoint born, base::TimePoint at) {
  return health.healthy_at != kNever && (health.healthy_at >= born || born > at);
}

bool IsYoung(const CheckHealth& health, const HealthCheck& check, base::TimePoint born, base::TimePoint at) {
  if (WasHealthy(health, born, at)) return false;
  if (health.state == HealthState::kInitializing) born = std::min(born, health.since);
  if (born <= at) return at < born + check.initial_delay;
  return health.since == kNever;  // the first look begins the delay of a birth in the future
}

void Pass(CheckHealth& health, const HealthCheck& check, base::TimePoint born, base::TimePoint at) {
  health.fails = health.unknowns = 0;
  health.unknown_since = kNever;
  ++health.passes;
  if (health.passes >= check.healthy_after) {
    if (!WasHealthy(health, born, at)) health.healthy_at = at;
    Enter(health, HealthState::kHealthy, at);
  } else if (health.state == HealthState::kUnknown && IsYoung(health, check, born, at)) {
    Enter(health, HealthState::kInitializing, at);
  }
}

void Fail(CheckHealth& health, const HealthCheck& check, base::TimePoint born, base::TimePoint at) {
  health.passes = health.unknowns = 0;
  health.unknown_since = kNever;
  if (IsYoung(health, check, born, at)) {
    health.fails = 0;
    Enter(health, HealthState::kInitializing, at);
    return;
  }
  ++health.fails;
  if (health.fails >= check.unhealthy_after) Enter(health, HealthState::kUnhealthy, at);
}

void CouldNotLook(CheckHealth& health, const HealthCheck& check, base::TimePoint at) {
  ++health.unknowns;
  if (health.unknown_since == kNever) health.unknown_since = at;
  if (health.unknowns < check.unhealthy_after) return;
  health.passes = health.fails = 0;
  Enter(health, HealthState::kUnknown, at);
}

std::uint8_t Weight(HealthState state) {
  switch (state) {
    case HealthState::kHealthy:
      return 0;
    case HealthState::kInitializing:
      return 1;
    case HealthState::kUnknown:
      return 2;
    case HealthState::kUnhealthy:
      return 3;
  }
  return 2;
}

// Of two checks in the same state, the one that says more about the node: what is acted upon first, what has been so
// for longest, or for healthy nodes what was looked at last.
bool Decides(const NamedCheck& one, const NamedCheck& other) {
  const std::uint8_t weight = Weight(one.health->state);
  const std::uint8_t others = Weight(other.health->state);
  if (weight != others) return weight > others;
  switch (one.health->state) {
    case HealthState::kUnhealthy:
      return one.health->since + one.unhealthy_for < other.health->since + other.unhealthy_for;
    case HealthState::kUnknown:
    case HealthState::kInitializing:
      return one.health->since < other.health->since;
    case HealthState::kHealthy:
      return one.health->last_at > other.health->last_at;
  }
  return false;
}

}  // namespace

std::optional<base::Millis> LongestGap(const HealthCheck& check) {
  if (check.type == CheckType::kHeartbeat || check.type == CheckType::kPushed) return std::nullopt;
  return std::max(kShortestGap, kMissedLooks * check.interval + check.timeout);
}

CheckHealth Observe(const CheckHealth& before, const HealthCheck& check, const model::Observation& seen,
                    base::TimePoint born) {
  CheckHealth after = before;
  const bool reborn = before.last_at < born && born <= seen.at;
  if (reborn || IsBreak(before, check, seen.at)) {
    ForgetRows(after);
    if (after.since != kNever) after.since = seen.at;
  }
  after.last_at = seen.at;
  after.evidence = seen.evidence;
  switch (seen.finding) {
    case Finding::kPass:
      Pass(after, check, born, seen.at);
      break;
    case Finding::kFail:
      Fail(after, check, born, seen.at);
      break;
    case Finding::kUnknown:
      CouldNotLook(after, check, seen.at);
      break;
  }
  return after;
}

CheckHealth Restarted(const CheckHealth& before, base::TimePoint at) {
  CheckHealth after = before;
  ForgetRows(after);
  after.healthy_at = kNever;
  if (after.state == HealthState::kUnhealthy) Enter(after, HealthState::kInitializing, at);
  return after;
}

CheckHealth Lapse(const CheckHealth& before, base::TimePoint at) {
  if (before.state == HealthState::kUnknown && before.unknown_since != kNever) return before;
  CheckHealth after = before;
  ForgetRows(after);
  after.unknowns = 1;
  after.unknown_since = at;
  after.last_at = at;
  after.evidence =
      before.last_at == kNever ? "no report yet" : "no report since " + base::FormatRfc3339(before.last_at);
  Enter(after, HealthState::kUnknown, at);
  return after;
}

NodeHealth Combine(const NodeHealth& before, std::span<const NamedCheck> checks, base::TimePoint now) {
  NodeHealth after = before;
  const NamedCheck* decides = nullptr;
  base::TimePoint last_at{};
  for (const NamedCheck& check : checks) {
    if (decides == nullptr || Decides(check, *decides)) decides = &check;
    last_at = std::max(last_at, check.health->last_at);
  }
  after.state = decides == nullptr ? HealthState::kUnknown : decides->health->state;
  // A moment in the future is another clock's.
  if (after.state != before.state || before.since == kNever || before.since > now) after.since = now;
  after.check = decides == nullptr ? std::string() : std::string(decides->name);
  after.evidence = decides == nullptr ? std::string() : decides->health->evidence;
  after.check_since = decides == nullptr ? kNever : decides->health->since;
  const bool is_ill = after.state == HealthState::kUnhealthy || after.state == HealthState::kInitializing;
  after.recovering = is_ill && decides->health->passes > 0;
  after.last_at = last_at;
  if (after.state == HealthState::kHealthy && after.joined_at == kNever) after.joined_at = now;
  return after;
}

}  // namespace kadende::reconcile
