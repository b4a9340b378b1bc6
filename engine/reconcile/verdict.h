// One node: what its checks and its provider say together, whether it fails, and from when on that may be acted upon.
// Pure. Part of remediation.
//
// How long a node may take until it is first healthy, and how long the provider has denied it, goes on over restarts of
// the watch (NodeHealth::joining_for): one that is restarted again and again would else wait for ever. The grace after
// each start stands all the same.
//
// The provider's word is the check "provider", always on: unhealthy, stopped or terminating is failing (acted upon
// after 5 min), pending is initializing. Where it cannot tell, written checks speak for themselves, and without them
// the node is unknown. Gone is not a matter of health: refresh and diff act upon it at once.
#pragma once

#include <string>

#include "engine/model/cluster_state.h"
#include "engine/model/health.h"
#include "engine/plan/refresh.h"

namespace kadende::reconcile {

// SEMANTICS 2, unhealthy_for: 300 s for what fails.
inline constexpr base::Millis kProviderUnhealthyFor = std::chrono::minutes(5);
inline constexpr std::string_view kProviderCheck = "provider";

// How long a process looks before it destroys a live node for its health (SEMANTICS 3, controller restart grace):
// 2 x unhealthyFor, at least `shortest`.
inline constexpr base::Millis kShortestStartGrace = std::chrono::minutes(1);
[[nodiscard]] base::Millis StartGrace(base::Millis unhealthy_for, base::Millis shortest = kShortestStartGrace);

struct NodeCase {
  const model::NodeRecord& row;
  const plan::NodeSight& sight;
  const model::NodeHealth* known = nullptr;  // null: nobody has looked
  const model::GroupPolicy& policy;
  base::TimePoint watching_since{};
  base::TimePoint now{};
  base::Millis shortest_grace = kShortestStartGrace;
};

struct Verdict {
  model::NodeHealth health;    // over all checks, the provider's word among them
  bool failing = false;        // counts against maxUnhealthy
  bool recovering = false;     // failing, but it passed the last look: not acted upon
  bool grace = false;          // `due` is the end of the grace after a start
  bool failed_create = false;  // due, and never was healthy: as good as a create that failed
  base::Millis after{0};       // failing: how long it has to fail before action
  base::TimePoint due{};       // failing: may be replaced from here on
  base::TimePoint join_by{};   // not healthy once by then: failed; meaningful while it never joined
  [[nodiscard]] bool Joined() const { return health.joined_at != base::TimePoint{}; }
  [[nodiscard]] bool IsUnknown() const { return health.state == model::HealthState::kUnknown; }
};

// A node that is not gone.
[[nodiscard]] Verdict JudgeNode(const NodeCase& node);

}  // namespace kadende::reconcile
