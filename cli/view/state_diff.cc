#include "cli/view/state_diff.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "cli/view/first_properties.h"
#include "engine/base/json.h"
#include "engine/base/text.h"
#include "engine/plan/policy_diff.h"
#include "engine/plan/revision_change.h"

namespace kadende::cli {
namespace {

using model::GroupState;
using model::NodePhase;
using model::NodeRecord;

// A group that left the file keeps its tombstones.
bool IsThere(const GroupState& group) {
  if (!group.record.current.revision.IsZero() || !group.record.target.revision.IsZero()) return true;
  return std::any_of(group.nodes.begin(), group.nodes.end(),
                     [](const auto& row) { return row.second.phase != NodePhase::kTombstone; });
}

void AddField(const std::string& path, std::string before, std::string after, std::vector<FieldChange>& fields) {
  if (before != after) fields.push_back({path, std::move(before), std::move(after), false});
}

std::string Quoted(const std::string& text) {
  return text.empty() ? std::string() : base::QuoteJson(text);
}

std::string IdList(const std::vector<std::string>& ids) {
  return ids.empty() ? std::string() : base::Canonical(base::Json(ids));
}

void CompareRevision(const GroupState& before, const GroupState& after, std::vector<FieldChange>& fields) {
  const model::RevisionRecord* from = before.Revision(before.record.target.revision);
  const model::RevisionRecord* to = after.Revision(after.record.target.revision);
  if (from == nullptr || to == nullptr) return;
  for (FieldChange& change : plan::CompareRevisions(*from, *to, {}).properties) {
    change.forces_replacement = false;
    fields.push_back(std::move(change));
  }
  AddField("resourcePlugin.version", Quoted(from->provider.version), Quoted(to->provider.version), fields);
  AddField("resourcePlugin.url", Quoted(from->provider.url), Quoted(to->provider.url), fields);
}

bool SameHold(const model::Hold& a, const model::Hold& b) {
  return a.slot_key == b.slot_key && a.owner == b.owner && a.reason == b.reason && a.since == b.since;
}

// Those of `holds` that are not in `others`. A group has few.
std::vector<model::Hold> Without(const std::vector<model::Hold>& holds, const std::vector<model::Hold>& others) {
  std::vector<model::Hold> rest;
  for (const model::Hold& hold : holds) {
    if (std::none_of(others.begin(), others.end(), [&](const auto& other) { return SameHold(hold, other); })) {
      rest.push_back(hold);
    }
  }
  return rest;
}

bool SameNode(const NodeRecord& a, const NodeRecord& b) {
  return a.instance_id == b.instance_id && a.address == b.address && a.revision == b.revision &&
         a.tainted == b.tainted && a.taint_reason == b.taint_reason && a.attributes == b.attributes;
}

// Walks the slots of a group: the live row of each, and which instances are on their way out.
class SlotWalk {
 public:
  explicit SlotWalk(const GroupState* group) {
    if (group == nullptr) return;
    at_ = group->nodes.begin();
    end_ = group->nodes.end();
    Next();
  }

  [[nodiscard]] const NodeRecord* Row() const { return row_; }
  [[nodiscard]] bool Done() const { return row_ == nullptr; }
  void Next() {
    row_ = nullptr;
    while (at_ != end_ && row_ == nullptr) {
      if (at_->second.phase == NodePhase::kLive) row_ = &at_->second;
      ++at_;
    }
  }

 private:
  std::map<model::NodeRowKey, NodeRecord>::const_iterator at_{};
  std::map<model::NodeRowKey, NodeRecord>::const_iterator end_{};
  const NodeRecord* row_ = nullptr;
};

bool IsLeaving(const GroupState* group, const NodeRecord& node) {
  if (group == nullptr) return false;
  const auto row = group->nodes.find(model::KeyOf(node));
  return row != group->nodes.end() && row->second.phase == NodePhase::kLeaving;
}

class Comparison {
 public:
  Comparison(const model::ClusterState& before, const model::ClusterState& after) : before_(before), after_(after) {}

  StateDiff Compare() {
    Header();
    std::set<std::string> paths;
    for (const auto& [path, group] : before_.groups) paths.insert(path);
    for (const auto& [path, group] : after_.groups) paths.insert(path);
    Moves();
    for (const std::string& path : paths) {
      if (!moved_from_.contains(path)) Group(path);
    }
    return std::move(diff_);
  }

 private:
  void Header() {
    AddField("name", Quoted(before_.cluster.name), Quoted(after_.cluster.name), diff_.header);
    AddField("version", Quoted(before_.cluster.version), Quoted(after_.cluster.version), diff_.header);
    std::set<std::string> names;
    for (const auto& [name, value] : before_.cluster.variables) names.insert(name);
    for (const auto& [name, value] : after_.cluster.variables) names.insert(name);
    const auto value_in = [](const model::ClusterState& state, const std::string& name) {
      const auto found = state.cluster.variables.find(name);
      return found == state.cluster.variables.end() ? std::string() : found->second;
    };
    for (const std::string& name : names) {
      AddField("var." + name, value_in(before_, name), value_in(after_, name), diff_.header);
    }
  }

  [[nodiscard]] static const GroupState* Find(const model::ClusterState& state, const std::string& path) {
    const auto found = state.groups.find(path);
    return found == state.groups.end() || !IsThere(found->second) ? nullptr : &found->second;
  }

  // Groups that were renamed between the two.
  void Moves() {
    for (const auto& [path, group] : after_.groups) {
      const std::string& to = group.record.moved_to;
      const bool moved = !to.empty() && Find(before_, path) != nullptr && Find(before_, to) == nullptr;
      if (!moved || Find(after_, to) == nullptr || Find(after_, path) != nullptr) continue;
      moved_from_.insert(path);
      moved_to_[to] = path;
    }
  }

  void Group(const std::string& path) {
    GroupDiff group;
    group.path = path;
    if (const auto moved = moved_to_.find(path); moved != moved_to_.end()) group.moved_from = moved->second;
    group.before = Find(before_, group.moved_from.empty() ? path : group.moved_from);
    group.after = Find(after_, path);
    if (group.before == nullptr && group.after == nullptr) return;
    if (group.before != nullptr && group.after != nullptr) {
      Settings(group);
    } else if (group.after != nullptr) {
      First(group);
    }
    Nodes(group);
    const bool differs = group.before == nullptr || group.after == nullptr || !group.moved_from.empty() ||
                         group.SizeBefore() != group.SizeAfter() || !group.fields.empty() || !group.settings.empty() ||
                         !group.holds_set.empty() || !group.holds_lifted.empty() || !group.nodes.empty();
    if (differs) diff_.groups.push_back(std::move(group));
  }

  static void Settings(GroupDiff& group) {
    const model::GroupRecord& from = group.before->record;
    const model::GroupRecord& to = group.after->record;
    AddField("logicalIds", IdList(from.target.logical_ids), IdList(to.target.logical_ids), group.fields);
    CompareRevision(*group.before, *group.after, group.fields);
    group.settings = plan::PolicyChanges(from.target.policy, to.target.policy);
    group.holds_set = Without(to.holds, from.holds);
    group.holds_lifted = Without(from.holds, to.holds);
  }

  static void First(GroupDiff& group) {
    model::PlanGroup made;
    made.is_new = true;
    made.after.revision = group.after->record.target.revision;
    made.revisions = group.after->record.revisions;
    group.fields = FirstProperties(made);
    group.holds_set = group.after->record.holds;
  }

  void Add(NodeDiff node, GroupDiff& group) {
    switch (node.kind) {
      case NodeDiffKind::kAdded:
        ++diff_.added;
        break;
      case NodeDiffKind::kReplaced:
        ++diff_.replaced;
        break;
      case NodeDiffKind::kChanged:
        ++diff_.changed;
        break;
      case NodeDiffKind::kRemoved:
        ++diff_.removed;
        break;
    }
    group.nodes.push_back(node);
  }

  void Nodes(GroupDiff& group) {
    SlotWalk from(group.before);
    SlotWalk to(group.after);
    while (!from.Done() || !to.Done()) {
      const bool only_from = to.Done() || (!from.Done() && from.Row()->slot.ordinal < to.Row()->slot.ordinal);
      const bool only_to = from.Done() || (!to.Done() && to.Row()->slot.ordinal < from.Row()->slot.ordinal);
      if (only_from) {
        Add({NodeDiffKind::kRemoved, from.Row(), nullptr, IsLeaving(group.after, *from.Row())}, group);
      } else if (only_to) {
        Add({NodeDiffKind::kAdded, nullptr, to.Row(), false}, group);
      } else if (from.Row()->incarnation != to.Row()->incarnation) {
        Add({NodeDiffKind::kReplaced, from.Row(), to.Row(), IsLeaving(group.after, *from.Row())}, group);
      } else if (!SameNode(*from.Row(), *to.Row())) {
        Add({NodeDiffKind::kChanged, from.Row(), to.Row(), false}, group);
      }
      if (!only_to) from.Next();
      if (!only_from) to.Next();
    }
  }

  const model::ClusterState& before_;
  const model::ClusterState& after_;
  std::set<std::string> moved_from_;
  std::map<std::string, std::string> moved_to_;  // new path -> old path
  StateDiff diff_;
};

}  // namespace

std::string_view NodeDiffName(NodeDiffKind kind) {
  switch (kind) {
    case NodeDiffKind::kAdded:
      return "added";
    case NodeDiffKind::kReplaced:
      return "replaced";
    case NodeDiffKind::kChanged:
      return "changed";
    case NodeDiffKind::kRemoved:
      return "removed";
  }
  return "";
}

StateDiff CompareStates(const model::ClusterState& before, const model::ClusterState& after) {
  return Comparison(before, after).Compare();
}

}  // namespace kadende::cli
