// From findings to health: the state machine of one check, and of a node over its checks. Pure; SEMANTICS section 2.
//
//   young node         failures are ignored for initialDelay after the create, or until the first healthy
//   healthy/unhealthy  after healthyAfter / unhealthyAfter equal findings in a row
//   unknown            a look that failed by itself changes nothing at once; unhealthyAfter of them in a row make the
//                      node unknown, which is never acted upon by itself
#pragma once

#include <span>
#include <string_view>

#include "engine/model/health.h"
#include "engine/model/health_check.h"

namespace kadende::reconcile {

// `born`: when the node was created (or adopted, or changed in place): the start of its initial delay.
[[nodiscard]] model::CheckHealth Observe(const model::CheckHealth& before, const model::HealthCheck& check,
                                         const model::Observation& seen, base::TimePoint born);

// A report that was not renewed: unknown once its time to live has passed.
[[nodiscard]] model::CheckHealth Lapse(const model::CheckHealth& before, base::TimePoint at);

struct NamedCheck {
  std::string_view name;
  const model::CheckHealth* health = nullptr;
};
// The node's state over all checks: unhealthy wins, then unknown, then initializing. `before` keeps what outlives a
// look: identity, joined_at, and `since` where the state is the same.
[[nodiscard]] model::NodeHealth Combine(const model::NodeHealth& before, std::span<const NamedCheck> checks,
                                        base::TimePoint now);

}  // namespace kadende::reconcile
