#include "engine/reconcile/work.h"

#include <algorithm>
#include <set>

#include "engine/plan/rollout.h"

namespace kadende::reconcile {

std::uint32_t SizeInForce(const model::GroupRecord& record) {
  return record.current.revision.IsZero() ? record.target.size : record.current.size;
}

bool IsDestroyFirst(const model::GroupState& group) {
  const model::RevisionRecord* revision = group.Revision(group.record.target.revision);
  return plan::DecideOrder(group.record.target, revision == nullptr ? model::RevisionRecord{} : *revision, {})
      .destroy_first;
}

std::uint32_t CountInFlight(const RemediationInput& input, const Census& census,
                            const std::function<bool(const std::string&)>& kept_away) {
  std::set<std::uint32_t> slots;
  for (const std::uint32_t ordinal : census.gone) {
    const model::NodeRecord* row = input.group->Live(ordinal);
    if (row == nullptr || !kept_away(row->slot.Key())) slots.insert(ordinal);
  }
  for (const Patient& patient : census.patients) {
    const model::NodeRecord& row = *patient.row;
    if (patient.verdict.failing && input.now >= patient.verdict.due) continue;
    const bool young = !patient.verdict.Joined() && input.now < patient.verdict.join_by;
    const bool replaced = row.incarnation > 1 && young;
    const bool under_way = census.creating.contains(row.slot.ordinal) || replaced ||
                           (!patient.verdict.Joined() && census.HasFormer(row.slot.ordinal));
    if (under_way) slots.insert(row.slot.ordinal);
  }
  return static_cast<std::uint32_t>(slots.size());
}

std::uint32_t CountRoom(const RemediationInput& input, const Census& census, const model::GroupPolicy& policy) {
  const model::GroupRecord& record = input.group->record;
  const std::uint32_t size = std::max(record.current.size, record.target.size);
  const std::uint32_t allowed = size + policy.rollout.max_surge.RoundUp(SizeInForce(record));
  const auto extra =
      static_cast<std::uint32_t>(census.leaving.size() + input.view->strays.size() + census.creating.size());
  const std::uint32_t there = std::max(census.members, size) + extra;
  return there >= allowed ? 0 : allowed - there;
}

}  // namespace kadende::reconcile
