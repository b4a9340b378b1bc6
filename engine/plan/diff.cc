#include "engine/plan/diff.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "engine/base/text.h"
#include "engine/plan/group_facts.h"
#include "engine/plan/group_turns.h"
#include "engine/plan/held_changes.h"
#include "engine/plan/holding.h"
#include "engine/plan/holds.h"
#include "engine/plan/revision_change.h"
#include "engine/plan/slots.h"
#include "engine/plan/strays.h"

namespace kadende::plan {
namespace {

using model::NodeRecord;
using model::Reason;

class GroupDiffer {
 public:
  explicit GroupDiffer(const GroupInput& input) : in_(input), facts_(GatherFacts(input)) {
    diff_.holds = holds_.in_force();
    diff_.live = facts_.live;
    diff_.total = facts_.total + static_cast<std::uint32_t>(input.view->strays.size());
    diff_.drift = std::move(facts_.drift);
  }

  GroupDiff Run() {
    if (!in_.view->frozen.empty()) return Frozen();
    std::vector<model::Slot> added = Choose();
    Limit();
    for (const LeavingNode& leaving : facts_.leaving) Leave(leaving);
    for (const Member& member : facts_.members) member.wanted ? Keep(member) : Remove(member);
    HandleStrays(added);
    Add(added);
    RepeatDestroys();
    return Finish();
  }

 private:
  GroupDiff Frozen() {
    for (const Member& member : facts_.members) diff_.unchanged += member.row != nullptr ? 1 : 0;
    diff_.drift.clear();  // what a state that is behind, or looks elsewhere, misses is not gone
    return std::move(diff_);
  }

  std::vector<model::Slot> Choose() {
    if (in_.desired == nullptr) {
      for (Member& member : facts_.members) member.wanted = in_.heal_only;
      return {};
    }
    request_.size = in_.desired->target.size;
    request_.logical_ids = &in_.desired->target.logical_ids;
    request_.keep_surplus = in_.heal_only;
    request_.taken = holds_.Ordinals();
    for (Member& member : facts_.members) {
      if (holds_.On(member.slot, kTakingOff) != nullptr) member.rank = LeaveRank::kHeld;
    }
    request_.ids_ever = std::move(facts_.ids_ever);
    return ChooseSlots(request_, facts_.members);
  }

  void Limit() {
    turns_ = TurnsOfGroup(in_, facts_, [this](const NodeRecord& row) {
      return Compare(row, in_.desired->revision) != ChangeClass::kNone;
    });
    diff_.rollout = turns_.outlook;
    if (!turns_.note.empty()) diff_.notes.push_back(turns_.note);
  }

  [[nodiscard]] bool Rolls(const NodeRecord& row) const {
    return in_.judgement != nullptr && in_.judgement->roll.contains(row.slot.ordinal);
  }

  // What a node is to be for now.
  const model::RevisionRecord* Wanted(const NodeRecord& row) {
    if (Rolls(row) && in_.desired != nullptr) return &in_.desired->revision;
    const model::RevisionRecord* as_it_is =
        turns_.Waits(row.slot.ordinal) ? in_.prior->Revision(row.revision) : nullptr;
    return as_it_is != nullptr ? as_it_is : WantedRevision(in_, row);
  }

  // What was given up goes, whatever is wanted now.
  void Leave(const LeavingNode& leaving) {
    const NodeRecord& row = *leaving.row;
    const NodeRecord* live = in_.prior->Live(row.slot.ordinal);
    const bool replaced = live != nullptr && row.phase == model::NodePhase::kLeaving;
    if (StaysForNow(row)) return;
    NodeChange change = About(row, *leaving.sight, replaced ? Reason::kReplaced : Reason::kInterrupted);
    change.old_counts = false;
    if (replaced && !in_.destroy_first && change.old_exists) change.successor = live->incarnation;
    Push(std::move(change));
  }

  // An old instance stays until what replaces it is healthy; one whose destroy has begun does not.
  bool StaysForNow(const NodeRecord& row) const {
    const model::NodeRowKey key{row.slot.ordinal, row.incarnation};
    return in_.heal_only && !in_.destroy_first && in_.judgement != nullptr &&
           in_.judgement->hold_leaving.contains(key) && !facts_.destroys.contains(key);
  }

  void Keep(const Member& member) {
    if (member.row == nullptr) return KeepUnconfirmed(member);
    const NodeRecord& row = *member.row;
    const NodeSight& sight = *member.sight;
    const model::RevisionRecord* wanted = Wanted(row);
    const std::optional<Reason> reason = ReplaceReason(row, sight, wanted);
    if (reason && wanted != nullptr) return Replace(member, *reason, *wanted);
    LeaveCreatesOf(row.slot.ordinal, nullptr, in_.heal_only);
    if (row.unconfigured) return Configure(row, sight);
    if ((!in_.heal_only || Rolls(row)) && Update(row, sight, wanted)) return;
    ++diff_.unchanged;
  }

  std::optional<Reason> ReplaceReason(const NodeRecord& row, const NodeSight& sight,
                                      const model::RevisionRecord* wanted) {
    if (sight.sight == Sight::kMissing) return Reason::kMissing;
    if (sight.sight == Sight::kTerminated) return Reason::kTerminated;
    if (in_.heal_only) {
      if (in_.judgement == nullptr) return std::nullopt;
      if (in_.judgement->replace.contains(row.slot.ordinal)) return Reason::kUnhealthy;
      const bool renews = Rolls(row) && wanted != nullptr && Compare(row, *wanted) == ChangeClass::kReplace;
      return renews ? std::optional(Reason::kRevisionChanged) : std::nullopt;
    }
    if (in_.replaces.contains(row.slot.ordinal)) return Reason::kRequested;
    if (row.tainted) return Reason::kTainted;
    if (IsUnhealthy(sight)) return Reason::kUnhealthy;
    if (wanted != nullptr && Compare(row, *wanted) == ChangeClass::kReplace) return Reason::kRevisionChanged;
    if (secrets_.Compare(row) == ChangeClass::kReplace) return Reason::kSecretChanged;
    return std::nullopt;
  }

  ChangeClass Compare(const NodeRecord& row, const model::RevisionRecord& wanted) {
    if (row.revision == wanted.id) return ChangeClass::kNone;
    auto [found, added] = classes_.try_emplace(row.revision, ChangeClass::kNone);
    if (!added) return found->second;
    const auto* from = in_.prior->Revision(row.revision);
    if (from == nullptr) {
      diff_.notes.push_back("state does not have the properties of revision " +
                            base::ToHex(row.revision).substr(0, 12) + "; its nodes are left as they are");
    } else {
      const UpdateVerdicts& verdicts = VerdictsFrom(in_.advice, row.revision);
      found->second = CompareRevisions(*from, wanted, *in_.manifest, verdicts).kind;
    }
    return found->second;
  }

  void Replace(const Member& member, Reason reason, const model::RevisionRecord& wanted) {
    const NodeRecord& row = *member.row;
    const NodeSight& sight = *member.sight;
    if (!holding_.MayCreateNow(wanted) || MayStillLand(row.slot.ordinal)) return;
    // Two of these can not exist at once, and the remains of the old one would have to go first.
    if (in_.destroy_first && sight.sight == Sight::kTerminated && !holding_.MayDestroyNow()) return;
    const model::Intent* intent = UsableCreate(facts_, row.slot, wanted.id);
    LeaveCreatesOf(row.slot.ordinal, intent, false);
    NodeChange change = Creation(row.slot, reason, wanted, intent);
    if (sight.sight == Sight::kMissing) {
      Push(About(row, sight, reason));
      change.waits_for_slot = true;
    } else {
      change.kind = ChangeKind::kReplace;
      change.from_revision = Index(row.revision);
      change.old_incarnation = row.incarnation;
      change.instance_id = row.instance_id;
      change.old_exists = !IsGone(sight);
      change.old_counts = CountsAsLive(sight);
      change.keeps_old = change.old_exists && StaysForNow(row);
      if (change.old_exists) Protect(row.slot);
    }
    Push(std::move(change));
  }

  // Whoever made it was cut off in between; what else it needs comes with the next plan.
  void Configure(const NodeRecord& row, const NodeSight& sight) {
    NodeChange change = About(row, sight, Reason::kInterrupted);
    change.kind = ChangeKind::kConfigure;
    change.to_revision = change.from_revision;
    Push(std::move(change));
  }

  bool Update(const NodeRecord& row, const NodeSight& sight, const model::RevisionRecord* wanted) {
    const ChangeClass kind = wanted == nullptr ? ChangeClass::kNone : Compare(row, *wanted);
    Reason reason = Reason::kLabelsChanged;
    if (kind == ChangeClass::kProperties) {
      reason = Reason::kPropertiesChanged;
    } else if (wanted != nullptr && secrets_.Compare(row) == ChangeClass::kProperties) {
      reason = Reason::kSecretChanged;
    } else if (kind == ChangeClass::kNone) {
      if (in_.moved) {
        reason = Reason::kMoved;
      } else if (sight.sight != Sight::kPresent || !sight.labels_differ) {
        return false;
      }
    }
    NodeChange change = About(row, sight, reason);
    change.kind = ChangeKind::kUpdate;
    change.to_revision = kind == ChangeClass::kNone ? change.from_revision : Index(wanted->id);
    Push(std::move(change));
    return true;
  }

  // An open create without a node: it is gone on with if it makes what is wanted.
  void KeepUnconfirmed(const Member& member) {
    const model::RevisionRecord* wanted = in_.desired == nullptr ? nullptr : &in_.desired->revision;
    const std::vector<const model::Intent*>& intents = facts_.creates[member.slot.ordinal];
    if (in_.heal_only && in_.prior != nullptr && intents.back()->revision == in_.prior->record.current.revision) {
      if (const auto* current = in_.prior->Revision(intents.back()->revision)) wanted = current;
    }
    if (wanted != nullptr && !intents.back()->instance_id.empty()) return GoOnAdopting(*intents.back());
    if (MayStillLand(member.slot.ordinal)) return;
    if (wanted == nullptr) return LeaveCreatesOf(member.slot.ordinal, nullptr, false);
    if (!holding_.MayCreateNow(*wanted)) return;
    const model::Intent* intent = UsableCreate(facts_, member.slot, wanted->id);
    LeaveCreatesOf(member.slot.ordinal, intent, false);
    NodeChange change = Creation(member.slot, intents.back()->reason, *wanted, intent);
    change.waits_for_slot = intent == nullptr || intents.size() > 1;
    Push(std::move(change));
  }

  // A person's adoption that was cut off: the instance is marked as ours once more, which does no harm.
  void GoOnAdopting(const model::Intent& intent) {
    LeaveCreatesOf(intent.node.slot.ordinal, &intent, false);
    NodeChange change;
    change.kind = ChangeKind::kAdopt;
    change.reason = Reason::kInterrupted;
    change.settle = true;
    change.slot = intent.node.slot;
    change.incarnation = intent.incarnation;
    change.instance_id = intent.instance_id;
    change.from_revision = change.to_revision = Index(intent.revision);
    Push(std::move(change));
  }

  void Remove(const Member& member) {
    LeaveCreatesOf(member.slot.ordinal, nullptr, false);
    if (member.row == nullptr) return;
    NodeChange change =
        About(*member.row, *member.sight, in_.desired == nullptr ? Reason::kGroupRemoved : Reason::kSizeDown);
    change.in_dependency_order = true;
    if (change.old_exists) Protect(member.slot);
    Push(std::move(change));
  }

  void Add(const std::vector<model::Slot>& added) {
    if (!added.empty() && in_.prior != nullptr) {
      const std::vector<std::string>& ids = in_.prior->record.current.logical_ids;
      ids_in_force_.assign(ids.begin(), ids.end());
      std::sort(ids_in_force_.begin(), ids_in_force_.end());
    }
    std::uint32_t have = 0;
    for (const Member& member : facts_.members) have += member.wanted ? 1 : 0;
    for (const model::Slot& slot : added) {
      const bool was_there = WasInForce(slot, have++);
      const Reason reason = !was_there                ? Reason::kSizeUp
                            : WasForgotten(in_, slot) ? Reason::kRequested
                                                      : Reason::kInterrupted;
      const model::RevisionRecord& revision = turns_.OfAdded(in_);
      if (!holding_.MayCreateNow(revision)) continue;
      NodeChange change = Creation(slot, reason, revision, nullptr);
      change.waits_for_slot = in_.destroy_first;
      Push(std::move(change));
    }
  }

  bool WasInForce(const model::Slot& slot, std::uint32_t position) const {
    if (in_.prior == nullptr) return false;
    const model::GroupTarget& current = in_.prior->record.current;
    if (slot.logical_id.empty()) return position < current.size;
    return std::binary_search(ids_in_force_.begin(), ids_in_force_.end(), slot.logical_id);
  }

  void HandleStrays(std::vector<model::Slot>& added) {
    Strays strays = plan::HandleStrays(in_.view->strays, Policy().orphans, added,
                                       [this](const base::Digest& revision) { return Index(revision); });
    diff_.drift.insert(diff_.drift.end(), std::make_move_iterator(strays.drift.begin()),
                       std::make_move_iterator(strays.drift.end()));
    diff_.notes.insert(diff_.notes.end(), std::make_move_iterator(strays.notes.begin()),
                       std::make_move_iterator(strays.notes.end()));
    for (NodeChange& change : strays.changes) Push(std::move(change));
  }

  // Open destroys of instances that nothing else of this diff mentions: repeated, because only success clears them.
  void RepeatDestroys() {
    if (facts_.destroys.empty()) return;
    std::set<std::string> mentioned = held_ids_;
    for (const NodeChange& change : diff_.changes) mentioned.insert(change.instance_id);
    for (const auto& [key, intent] : facts_.destroys) {
      if (mentioned.contains(intent->instance_id)) continue;
      NodeChange change;
      change.kind = ChangeKind::kDestroy;
      change.reason = Reason::kInterrupted;
      change.slot = intent->node.slot;
      change.incarnation = intent->incarnation;
      change.instance_id = intent->instance_id;
      change.from_revision = Index(intent->revision);
      Push(std::move(change));
    }
  }

  // The creates of a slot other than `kept` are not wanted: repeated and destroyed, or kept until they can not land.
  void LeaveCreatesOf(std::uint32_t ordinal, const model::Intent* kept, bool wait_for_apply) {
    if (facts_.creates.empty()) return;
    auto intents = facts_.creates.find(ordinal);
    if (intents == facts_.creates.end()) return;
    for (const model::Intent* intent : intents->second) {
      if (intent == kept) continue;
      if (wait_for_apply) {
        diff_.notes.push_back("the replacement of " + intent->node.Display() + " was cut off; `apply` goes on with it");
        continue;
      }
      NodeChange change;
      // What was to be adopted and is not wanted any more was never ours.
      change.kind = intent->instance_id.empty() ? ChangeKind::kDestroy : ChangeKind::kForget;
      change.reason = Reason::kInterrupted;
      change.settle = true;
      change.old_exists = true;
      change.instance_id = intent->instance_id;
      change.slot = intent->node.slot;
      change.incarnation = intent->incarnation;
      change.from_revision = Index(intent->revision);
      Push(std::move(change));
    }
  }

  bool MayStillLand(std::uint32_t ordinal) {
    const auto intents = facts_.creates.find(ordinal);
    return intents != facts_.creates.end() && holding_.MayStillLand(intents->second, Policy());
  }

  NodeChange About(const NodeRecord& row, const NodeSight& sight, Reason reason) {
    NodeChange change;
    change.kind = sight.sight == Sight::kMissing ? ChangeKind::kForget : ChangeKind::kDestroy;
    change.reason = reason;
    change.slot = row.slot;
    change.incarnation = row.incarnation;
    change.instance_id = row.instance_id;
    change.from_revision = Index(row.revision);
    change.old_exists = !IsGone(sight);
    change.old_counts = CountsAsLive(sight);
    return change;
  }

  NodeChange Creation(const model::Slot& slot, Reason reason, const model::RevisionRecord& revision,
                      const model::Intent* intent) {
    NodeChange change;
    change.kind = ChangeKind::kCreate;
    change.reason = reason;
    change.slot = slot;
    change.settle = intent != nullptr;
    change.incarnation = intent != nullptr ? intent->incarnation : NextIncarnation(in_, facts_, slot.ordinal);
    change.to_revision = Index(revision.id);
    return change;
  }

  // Few revisions per group, and long stretches of the same one.
  std::uint16_t Index(const base::Digest& id) {
    if (last_index_ < diff_.revisions.size() && diff_.revisions[last_index_].id == id) return last_index_;
    for (std::size_t i = 0; i < diff_.revisions.size(); ++i) {
      if (diff_.revisions[i].id == id) return last_index_ = static_cast<std::uint16_t>(i);
    }
    const model::RevisionRecord* known = in_.prior == nullptr ? nullptr : in_.prior->Revision(id);
    if (in_.desired != nullptr && in_.desired->revision.id == id) known = &in_.desired->revision;
    if (known == nullptr || diff_.revisions.size() >= model::kNoRevision) return model::kNoRevision;
    diff_.revisions.push_back(*known);
    return last_index_ = static_cast<std::uint16_t>(diff_.revisions.size() - 1);
  }

  const model::GroupPolicy& Policy() const {
    static const model::GroupPolicy none;
    if (in_.desired != nullptr) return in_.desired->target.policy;
    return in_.prior != nullptr ? LastPolicy(in_.prior->record) : none;
  }

  void Protect(const model::Slot& slot) {
    if (!in_.heal_only && PreventsDestroy(in_) && holds_.On(slot) == nullptr) {
      diff_.protected_nodes.push_back(model::NodeAddress{in_.path, slot}.Display());
    }
  }

  void Push(NodeChange change) {
    if (holds_.On(change.slot, ProcessesOf(change)) !=
        nullptr) {  // whatever it is about: a successor would change the node as well
      held_ids_.insert(change.instance_id);
      diff_.unchanged += held_.Add(change) ? 1 : 0;
      return;
    }
    if (change.kind == ChangeKind::kDestroy && !holding_.MayDestroyNow()) {
      // What the slot's create must not overtake: an instance that can not exist twice, or may yet come to be.
      if (in_.destroy_first || change.settle) blocked_slots_.insert(change.slot.ordinal);
      held_ids_.insert(change.instance_id);
      return;
    }
    diff_.changes.push_back(std::move(change));
  }

  void HoldCreatesOfBlockedSlots() {
    if (blocked_slots_.empty()) return;
    std::erase_if(diff_.changes, [this](const NodeChange& change) {
      return change.kind == ChangeKind::kCreate && change.waits_for_slot &&
             blocked_slots_.contains(change.slot.ordinal);
    });
  }

  GroupDiff Finish() {
    if (in_.judgement != nullptr) {
      diff_.notes.insert(diff_.notes.end(), in_.judgement->notes.begin(), in_.judgement->notes.end());
    }
    HoldCreatesOfBlockedSlots();
    holding_.Note(diff_.notes);
    diff_.secret_changes = secrets_.Changes();
    for (std::string& note : secrets_.Notes()) diff_.notes.push_back(std::move(note));
    diff_.held = held_.Take();
    // What leaves a slot comes before what fills it, which is the order of ChangeKind.
    std::stable_sort(diff_.changes.begin(), diff_.changes.end(), [](const NodeChange& a, const NodeChange& b) {
      return a.slot.ordinal != b.slot.ordinal ? a.slot.ordinal < b.slot.ordinal : a.kind < b.kind;
    });
    return std::move(diff_);
  }

  const GroupInput& in_;
  GroupFacts facts_;
  GroupDiff diff_;
  SlotRequest request_;
  Holding holding_{in_};
  SecretComparison secrets_{in_.desired, in_.prior, in_.manifest, in_.secret_mark};
  HeldChanges held_;
  GroupTurns turns_;
  Holds holds_{in_.prior == nullptr ? nullptr : &in_.prior->record, in_.now};
  std::map<base::Digest, ChangeClass> classes_;  // from each old revision to the desired one
  std::vector<std::string_view> ids_in_force_;   // sorted
  std::uint16_t last_index_ = 0;
  std::set<std::string> held_ids_;         // instances whose destroy is held back
  std::set<std::uint32_t> blocked_slots_;  // by a destroy that is held back
};

}  // namespace

GroupDiff DiffGroup(const GroupInput& input) {
  return GroupDiffer(input).Run();
}

}  // namespace kadende::plan
