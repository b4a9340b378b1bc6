#include "engine/plan/group_turns.h"

#include <utility>
#include <vector>

namespace kadende::plan {

const model::RevisionRecord& GroupTurns::OfAdded(const GroupInput& input) {
  if (turns.left == 0) {
    const auto* as_they_were = input.prior->Revision(input.prior->record.current.revision);
    if (as_they_were != nullptr) return *as_they_were;
  } else if (turns.left != kNoLimit) {
    --turns.left;
  }
  return input.desired->revision;
}

GroupTurns TurnsOfGroup(const GroupInput& input, const GroupFacts& facts,
                        const std::function<bool(const model::NodeRecord&)>& is_old) {
  GroupTurns result;
  if (input.heal_only || input.desired == nullptr || input.prior == nullptr) return result;
  if (input.prior->record.current.revision.IsZero()) return result;
  const model::RolloutPolicy& policy = input.desired->target.policy.rollout;
  // The way back to what is in force has no stops.
  const bool goes_back = input.prior->record.current.revision == input.desired->revision.id;
  if (goes_back && policy.strategy != model::RolloutStrategy::kOnDelete) return result;
  const model::Rollout* rollout = RolloutTo(input.prior->record, input.desired->revision.id);
  const RolloutLimit limit = LimitOf(policy, input.desired->target.size, rollout, true, input.now);
  if (limit.nodes == kNoLimit) return result;
  std::vector<OldNode> old;
  std::uint32_t renewed = 0;
  for (const Member& member : facts.members) {
    if (!member.wanted) continue;
    if (member.row == nullptr || !is_old(*member.row)) {
      ++renewed;
      continue;
    }
    const bool broken = member.row->tainted || IsGone(*member.sight) || IsUnhealthy(*member.sight);
    old.push_back({member.slot.ordinal, broken, input.replaces.contains(member.slot.ordinal)});
  }
  result.turns = TakeTurns(policy, limit, renewed, old);
  if (result.turns.waiting.empty()) return result;
  const auto waiting = static_cast<std::uint32_t>(result.turns.waiting.size());
  const std::uint32_t after = renewed + static_cast<std::uint32_t>(old.size()) - waiting;
  result.outlook = model::PlanRollout{after, waiting, limit.stop};
  result.note = WaitingNote(policy, limit, rollout, input.path, after, waiting, input.now);
  return result;
}

}  // namespace kadende::plan
