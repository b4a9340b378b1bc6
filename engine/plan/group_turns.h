// Which old nodes of a group become new by this plan, which wait: rollout_turns.h for the nodes that diff knows. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "engine/plan/group_facts.h"
#include "engine/plan/rollout_turns.h"

namespace kadende::plan {

struct GroupTurns {
  Turns turns;
  std::optional<model::PlanRollout> outlook;  // where somebody waits
  std::string note;                           // likewise, for a reader

  [[nodiscard]] bool Waits(std::uint32_t ordinal) const {
    return std::binary_search(turns.waiting.begin(), turns.waiting.end(), ordinal);
  }
  // What the next slot that is added is made from: while it is limited how many nodes are new, a larger size has the
  // others as they were.
  [[nodiscard]] const model::RevisionRecord& OfAdded(const GroupInput& input);
};

// Healing replaces nothing for its revision but what a watch decided (GroupJudgement::roll): there nobody waits here.
[[nodiscard]] GroupTurns TurnsOfGroup(const GroupInput& input, const GroupFacts& facts,
                                      const std::function<bool(const model::NodeRecord&)>& is_old);

}  // namespace kadende::plan
