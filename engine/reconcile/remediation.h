// Which unhealthy nodes are replaced now, and why the others are not. Pure; SEMANTICS sections 2 and 3, DESIGN 8
// and 10.
//
// Destroying is bounded, creating is not: nodes that are provably gone are brought back whatever brakes hold.
//
//   maxUnhealthy, unhealthyRange     unhealthy_brake.h
//   rate, blastCap, minCapacity      pace.h
//   never healthy, or not for long   failed_creates.h
//   retry, flapping: quarantine      quarantine.h
//   suspendAfter                     suspension.h
//   kind: quorum                     quorum.h
//   maxInFlight    Slots whose replacement is under way: created and not healthy yet, being created, gone. One that is
//                  due itself is not waited for.
//   maxSurge       A launch-first replacement needs room for one instance more: with all that exists or is to be made,
//                  never more than size + maxSurge.
//   leaving rows   An old instance stays until its successor has been healthy once: it may fail, but nothing yet shows
//                  that its successor does better. Where the successor is a failed create itself, the old one goes
//                  first (it was given up for good reason, and a slot never has three instances), then the slot is
//                  tried again. While a run is unfinished it stays without limit: that run, not healing, gave it up.
//                  So too while the successor is unknown (nobody could tell), and while the group is braked.
//   recovering     A failing node that passed its last look is waited for: one more look tells. So is one that passes
//                  for the first time when it should have joined.
//   start          A process that has just begun to look destroys no live node before a full grace; see verdict.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/cluster_state.h"
#include "engine/model/health.h"
#include "engine/plan/judgement.h"
#include "engine/plan/refresh.h"
#include "engine/ports/health_store.h"
#include "engine/reconcile/verdict.h"

namespace kadende::reconcile {

struct RemediationInput {
  const model::GroupState* group = nullptr;
  const plan::GroupView* view = nullptr;                   // what the provider says now
  const std::vector<model::NodeHealth>* health = nullptr;  // sorted by slot and incarnation; null: nobody ever looks
  std::vector<const model::Intent*> intents;               // of the group
  // Since when the deciding process has been looking without a break: after a start every node gets one full grace
  // (2 x unhealthyFor, at least shortest_grace) before a live node of it is destroyed for its health.
  base::TimePoint watching_since{};
  base::TimePoint now{};
  base::Millis shortest_grace = kShortestStartGrace;
  // The wall clock, of `now`: it may have been set since the watch began. What people order is by theirs.
  base::Millis wall_ahead{0};
};

struct GroupDecision {
  plan::GroupJudgement judgement;
  std::vector<model::Brake> brakes;             // that hold now, by kind; those that held before as they are in state
  bool release_used = false;                    // or lapsed
  std::optional<model::CreateBackoff> backoff;  // where it changes
  std::optional<model::GroupHealing> healing;   // likewise
  std::vector<model::NodeHealth> health;        // of live nodes, the provider's word among the checks; sorted
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
// that are used up, failed creates. `health` holds what the checks gave (HealthMonitor::Snapshot); it comes back with
// the provider's word among the checks, held_back and held_until, rows of live nodes only.
struct ClusterDecision {
  plan::Judgement judgement;
  base::TimePoint wake_at{};
};
[[nodiscard]] ClusterDecision Judge(const model::ClusterState& state, const plan::PriorView& view,
                                    ports::HealthByGroup& health, base::TimePoint watching_since, base::TimePoint now,
                                    base::Millis shortest_grace = kShortestStartGrace,
                                    base::Millis wall_ahead = base::Millis(0));

// Before the next Judge of the same watch: what passes remember (PassMemory, and whole rows of nodes without written
// checks), from the health that the last Judge gave back into what the monitor says now.
void CarryOver(const ports::HealthByGroup& last, ports::HealthByGroup& health);

}  // namespace kadende::reconcile
