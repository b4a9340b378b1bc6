#include "engine/plan/group_facts.h"

#include <algorithm>
#include <set>

namespace kadende::plan {
namespace {

using model::InstanceStatus;
using model::NodeRecord;
using model::NodeRowKey;
using model::Reason;

const NodeSight& NoSight() {
  static const NodeSight none;
  return none;
}

void GatherIntents(const GroupInput& input, GroupFacts& facts) {
  for (const model::Intent* intent : input.intents) {
    const std::uint32_t ordinal = intent->node.slot.ordinal;
    if (!intent->node.slot.logical_id.empty()) facts.ids_ever[intent->node.slot.logical_id] = ordinal;
    if (intent->kind == model::IntentKind::kDestroy) {
      facts.destroys[{ordinal, intent->incarnation}] = intent;
    } else {
      facts.creates[ordinal].push_back(intent);
      ++facts.total;  // it may exist
    }
  }
}

// A live row with an open destroy was given up by a run that was cut off: the destroy may be under way.
bool IsBeingDestroyed(const GroupFacts& facts, const NodeRowKey& key, const NodeRecord& row) {
  if (facts.destroys.empty()) return false;
  auto intent = facts.destroys.find(key);
  return intent != facts.destroys.end() && intent->second->instance_id == row.instance_id;
}

LeaveRank Rank(const GroupInput& input, const NodeRecord& row, const NodeSight& sight) {
  if (IsGone(sight)) return LeaveRank::kGone;
  if (row.tainted) return LeaveRank::kTainted;
  if (IsUnhealthy(sight)) return LeaveRank::kUnhealthy;
  if (input.desired != nullptr && row.revision != input.desired->revision.id) return LeaveRank::kOldRevision;
  return LeaveRank::kLast;
}

void NoteDrift(const NodeRecord& row, const NodeSight& sight, GroupFacts& facts) {
  Reason reason = Reason::kMissing;
  if (sight.sight == Sight::kTerminated) {
    reason = Reason::kTerminated;
  } else if (IsUnhealthy(sight)) {
    reason = Reason::kUnhealthy;
  } else if (sight.sight == Sight::kPresent && sight.labels_differ) {
    reason = Reason::kLabelsChanged;
  } else if (sight.sight != Sight::kMissing) {
    return;
  }
  facts.drift.push_back({0, row.slot, row.incarnation, reason, row.instance_id, sight.status_reason});
}

void GatherRow(const GroupInput& input, const NodeRowKey& key, const NodeRecord& row, const NodeSight& sight,
               GroupFacts& facts) {
  if (!IsGone(sight)) ++facts.total;
  if (row.phase == model::NodePhase::kLeaving || IsBeingDestroyed(facts, key, row)) {
    facts.leaving.push_back({&row, &sight});
    return;
  }
  if (CountsAsLive(sight)) ++facts.live;
  facts.members.push_back({&row, &sight, row.slot, Rank(input, row, sight), true});
  NoteDrift(row, sight, facts);
}

// Slots that only an open create fills.
void AddUnconfirmedMembers(GroupFacts& facts) {
  if (facts.creates.empty()) return;
  std::set<std::uint32_t> filled;
  for (const Member& member : facts.members) filled.insert(member.slot.ordinal);
  for (const auto& [ordinal, intents] : facts.creates) {
    if (filled.contains(ordinal)) continue;
    facts.members.push_back({nullptr, nullptr, intents.back()->node.slot, LeaveRank::kNeverConfirmed, true});
  }
  std::sort(facts.members.begin(), facts.members.end(),
            [](const Member& a, const Member& b) { return a.slot < b.slot; });
}

}  // namespace

bool IsGone(const NodeSight& sight) {
  return sight.sight == Sight::kMissing || sight.sight == Sight::kTerminated;
}

bool IsUnhealthy(const NodeSight& sight) {
  return sight.sight == Sight::kPresent && sight.status == InstanceStatus::kUnhealthy;
}

bool CountsAsLive(const NodeSight& sight) {
  if (sight.sight == Sight::kUnknown) return true;
  return sight.sight == Sight::kPresent && sight.status != InstanceStatus::kUnhealthy &&
         sight.status != InstanceStatus::kTerminating && sight.status != InstanceStatus::kStopped;
}

const model::GroupPolicy& LastPolicy(const model::GroupRecord& record) {
  return record.current.revision.IsZero() ? record.target.policy : record.current.policy;
}

GroupFacts GatherFacts(const GroupInput& input) {
  GroupFacts facts;
  GatherIntents(input, facts);
  if (input.prior != nullptr) {
    // Rows and sights have the same order: one walk over both.
    auto sight = input.view->nodes.begin();
    facts.members.reserve(input.prior->nodes.size());
    for (const auto& [key, row] : input.prior->nodes) {
      if (!row.slot.logical_id.empty()) facts.ids_ever[row.slot.logical_id] = row.slot.ordinal;
      if (row.phase == model::NodePhase::kTombstone) continue;
      while (sight != input.view->nodes.end() && sight->first < key) ++sight;
      const bool seen = sight != input.view->nodes.end() && sight->first == key;
      GatherRow(input, key, row, seen ? sight->second : NoSight(), facts);
    }
  }
  AddUnconfirmedMembers(facts);
  return facts;
}

std::uint32_t NextIncarnation(const GroupInput& input, const GroupFacts& facts, std::uint32_t ordinal) {
  std::uint32_t highest = input.incarnation_floor;
  if (input.prior != nullptr) highest = std::max(highest, input.prior->HighestIncarnation(ordinal));
  if (auto intents = facts.creates.find(ordinal); intents != facts.creates.end()) {
    for (const model::Intent* intent : intents->second) highest = std::max(highest, intent->incarnation);
  }
  for (auto it = facts.destroys.lower_bound({ordinal, 0}); it != facts.destroys.end() && it->first.ordinal == ordinal;
       ++it) {
    highest = std::max(highest, it->first.incarnation);
  }
  return highest + 1;
}

const model::RevisionRecord* WantedRevision(const GroupInput& input, const NodeRecord& row) {
  const model::RevisionRecord* desired = input.desired == nullptr ? nullptr : &input.desired->revision;
  if (!input.heal_only || input.prior == nullptr) return desired;
  const model::GroupRecord& record = input.prior->record;
  const bool in_force = row.revision == record.current.revision || row.revision == record.target.revision;
  const model::RevisionRecord* same = input.prior->Revision(row.revision);
  return same != nullptr && (in_force || desired == nullptr) ? same : desired;
}

const model::Intent* UsableCreate(const GroupFacts& facts, const model::Slot& slot, const base::Digest& revision) {
  auto intents = facts.creates.find(slot.ordinal);
  if (intents == facts.creates.end()) return nullptr;
  const model::Intent* usable = nullptr;
  for (const model::Intent* intent : intents->second) {
    const bool makes = intent->instance_id.empty() && intent->revision == revision;
    if (makes && intent->node.slot == slot) usable = intent;
  }
  return usable;
}

bool PreventsDestroy(const GroupInput& input) {
  if (input.file_protects) return true;
  if (input.desired != nullptr) return input.desired->target.policy.prevent_destroy;
  if (input.prior == nullptr) return false;
  const model::GroupRecord& record = input.prior->record;
  return record.current.policy.prevent_destroy || record.target.policy.prevent_destroy;
}

bool WasForgotten(const GroupInput& input, const model::Slot& slot) {
  if (input.prior == nullptr) return false;
  const auto& forgotten = input.prior->record.forgotten;
  return std::any_of(forgotten.begin(), forgotten.end(), [&](const auto& each) { return each.slot == slot; });
}

}  // namespace kadende::plan
