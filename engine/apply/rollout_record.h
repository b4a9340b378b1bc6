// What a group's record remembers of its rollout (model/rollout.h) when a run begins and when it ends. Pure.
#pragma once

#include <optional>
#include <string>

#include "engine/model/plan.h"

namespace kadende::apply {

// nullopt: the run is no rollout of this group, or of a group that has nothing to remember.
[[nodiscard]] std::optional<model::Rollout> RolloutAtOpening(const model::PlanGroup& group,
                                                             const model::GroupRecord& record, const std::string& actor,
                                                             base::TimePoint now);

struct RolloutOutcome {
  bool finished = false;     // every action of the group succeeded
  bool interrupted = false;  // a person stopped the run
  std::string failure;       // of new nodes; empty: none failed
  bool had_enough = false;   // more than the policy puts up with
};
// `opened`: as RolloutAtOpening gave it. nullopt: there is nothing left of the rollout.
[[nodiscard]] std::optional<model::Rollout> RolloutAtClosing(const model::PlanGroup& group,
                                                             const std::optional<model::Rollout>& opened,
                                                             const RolloutOutcome& outcome, base::TimePoint now);

// Nodes of the group are still to become new, and somebody is to see to it.
[[nodiscard]] bool IsUnderWay(const model::PlanGroup& group);

}  // namespace kadende::apply
