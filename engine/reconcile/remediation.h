// Which unhealthy nodes are replaced now, and why the others are not. Pure; SEMANTICS sections 2 and 3, DESIGN 8
// and 10.
//
// Destroying is bounded, creating is not: nodes that are provably gone are brought back whatever brakes hold.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/model/cluster_state.h"
#include "engine/model/health.h"
#include "engine/plan/judgement.h"
#include "engine/plan/refresh.h"
#include "engine/ports/health_store.h"

namespace kadende::reconcile {

struct RemediationInput {
  const model::GroupState* group = nullptr;
  const plan::GroupView* view = nullptr;                   // what the provider says now
  const std::vector<model::NodeHealth>* health = nullptr;  // sorted by slot and incarnation; null: nothing is known
  // Since when the deciding process has been looking without a break: after a start every node gets one full grace
  // (2 x unhealthyFor, at least 60 s) before a live node of it is destroyed for its health.
  base::TimePoint watching_since{};
  base::TimePoint now{};
};

struct GroupDecision {
  plan::GroupJudgement judgement;
  std::vector<model::Brake> brakes;  // that hold now, `since` kept from state where they held before
  bool release_used = false;
  // Per unhealthy node that is not replaced now: why, until when (never: until something changes).
  struct Held {
    model::NodeRowKey node;
    std::string why;
    base::TimePoint until{};
  };
  std::vector<Held> held;
  base::TimePoint wake_at{};  // earliest moment at which time alone changes the decision; never: none
};

[[nodiscard]] GroupDecision Remediate(const RemediationInput& input);

// All groups of a cluster, with the changes of state that follow: brakes that take or let go, their events, releases
// that are used up. `held` is written into `health` (held_back, held_until).
struct ClusterDecision {
  plan::Judgement judgement;
  base::TimePoint wake_at{};
};
[[nodiscard]] ClusterDecision Judge(const model::ClusterState& state, const plan::PriorView& view,
                                    ports::HealthByGroup& health, base::TimePoint watching_since, base::TimePoint now);

}  // namespace kadende::reconcile
