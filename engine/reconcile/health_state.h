// From findings to health: the state machine of one check, and of a node over its checks. Pure; SEMANTICS section 2.
//
//   young node         failures are ignored for initialDelay after the create, or until the first healthy
//   healthy/unhealthy  after healthyAfter / unhealthyAfter equal findings in a row
//   unknown            a look that failed by itself changes nothing at once; unhealthyAfter of them in a row make the
//                      node unknown, which is never acted upon by itself
//
// All times given to this room's rules are of the watch's own clock: ports::Clock::Now() read once at the start of the
// watch, plus what Clock::Monotonic() (CLOCK_BOOTTIME) has gained since. A wall clock that is set forward would end
// every countdown at once, one that is set back would start them anew; the wall clock is only for showing. What comes
// from elsewhere (created_at, stored rows) may be off by any amount, either way: nothing here ends early for it.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string_view>

#include "engine/model/health.h"
#include "engine/model/health_check.h"

namespace kadende::reconcile {

// `born`: when the node was created (or adopted, or changed in place): the start of its initial delay, on the watch's
// clock: for a node that appeared while it was watched, the moment it was first followed. What was counted before it is
// forgotten, and the first healthy moment is waited for anew. A break in the looks (LongestGap) starts rows and
// `since` anew, for nobody knows what was in between.
[[nodiscard]] model::CheckHealth Observe(const model::CheckHealth& before, const model::HealthCheck& check,
                                         const model::Observation& seen, base::TimePoint born);

// A node that was changed in place at `at`, before anybody looked again: what failed is initializing, what was healthy
// stays so until a look says otherwise. The next Observe is given `at` as its birth.
[[nodiscard]] model::CheckHealth Restarted(const model::CheckHealth& before, base::TimePoint at);

// How far apart two looks may be and still be "in a row"; nullopt: any distance (heartbeat, pushed: their reports
// lapse).
[[nodiscard]] std::optional<base::Millis> LongestGap(const model::HealthCheck& check);

// A report that was not renewed: unknown once its time to live has passed.
[[nodiscard]] model::CheckHealth Lapse(const model::CheckHealth& before, base::TimePoint at);

struct NamedCheck {
  std::string_view name;
  const model::CheckHealth* health = nullptr;
  base::Millis unhealthy_for = std::chrono::minutes(5);
};
// The node's state over all checks: unhealthy wins, then unknown, then initializing. Of several unhealthy checks the
// one that is to be acted upon first decides. `before` keeps what outlives a look: identity, joined_at, and `since`
// where the state is the same. Without checks nobody looks: unknown.
[[nodiscard]] model::NodeHealth Combine(const model::NodeHealth& before, std::span<const NamedCheck> checks,
                                        base::TimePoint now);

}  // namespace kadende::reconcile
