#include "cli/view/terraform_nodes.h"

#include <algorithm>

#include "engine/base/text.h"

namespace kadende::cli {
namespace {

using model::NodePhase;
using model::NodeRecord;
using model::PlanGroup;
using model::Reason;
using model::RevisionRecord;

const RevisionRecord* RevisionAt(const PlanGroup* group, std::uint16_t index) {
  return group != nullptr && index < group->revisions.size() ? &group->revisions[index] : nullptr;
}

const RevisionRecord* FindRevision(const TerraformGroup& group, const base::Digest& id) {
  if (group.planned != nullptr) {
    for (const RevisionRecord& revision : group.planned->revisions) {
      if (revision.id == id) return &revision;
    }
  }
  return group.state == nullptr ? nullptr : group.state->Revision(id);
}

// What the group is to be, else what it was.
const RevisionRecord* Representative(const TerraformGroup& group) {
  std::vector<base::Digest> wanted;
  if (group.planned != nullptr) wanted = {group.planned->after.revision, group.planned->before.revision};
  if (group.state != nullptr) wanted.push_back(group.state->record.current.revision);
  for (const base::Digest& id : wanted) {
    if (const RevisionRecord* found = FindRevision(group, id)) return found;
  }
  if (group.planned != nullptr && !group.planned->revisions.empty()) return &group.planned->revisions.front();
  if (group.state != nullptr && !group.state->record.revisions.empty()) return &group.state->record.revisions.front();
  return nullptr;
}

// Verbs about what fills the slot afterwards.
bool Fills(const NodeLine& line) {
  return line.verb == NodeVerb::kCreate || line.verb == NodeVerb::kReplace || line.verb == NodeVerb::kAdopt;
}

// The rows and lines of one slot.
struct OneSlot {
  const model::Slot* slot = nullptr;
  const NodeRecord* live = nullptr;
  std::vector<const NodeRecord*> leaving;
  std::vector<const NodeLine*> lines;
};

bool IsDeposed(const OneSlot& all, const NodeLine& line, bool filled) {
  if (line.verb != NodeVerb::kDestroy && line.verb != NodeVerb::kForget) return false;
  if (filled || line.reason == Reason::kStray) return true;
  if (all.live != nullptr) return all.live->incarnation != line.incarnation;
  return line.reason == Reason::kReplaced || line.reason == Reason::kInterrupted;
}

const NodeRecord* RowOf(const OneSlot& all, std::uint32_t incarnation) {
  if (all.live != nullptr && all.live->incarnation == incarnation) return all.live;
  for (const NodeRecord* row : all.leaving) {
    if (row->incarnation == incarnation) return row;
  }
  return nullptr;
}

void VisitSlot(const TerraformGroup& group, const OneSlot& all,
               const std::function<void(const TerraformNode&)>& visit) {
  const bool filled =
      std::any_of(all.lines.begin(), all.lines.end(), [](const NodeLine* line) { return Fills(*line); });
  bool current = false;
  for (const NodeLine* line : all.lines) {
    if (IsDeposed(all, *line, filled)) continue;
    const bool has_prior = line->verb != NodeVerb::kCreate && line->reason != Reason::kStray;
    visit({group, *all.slot, has_prior ? RowOf(all, line->incarnation) : nullptr, line, false});
    current = true;
  }
  if (!current && all.live != nullptr) visit({group, *all.slot, all.live, nullptr, false});
  for (const NodeLine* line : all.lines) {
    if (!IsDeposed(all, *line, filled)) continue;
    const NodeRecord* row = line->reason == Reason::kStray ? nullptr : RowOf(all, line->incarnation);
    visit({group, *all.slot, row, line, true});
  }
}

}  // namespace

std::string_view TerraformGroup::Type() const {
  return revision == nullptr ? std::string_view("unknown") : std::string_view(revision->provider.name);
}

std::string TerraformAddress(std::string_view group_address, const model::Slot& slot) {
  const std::string key = slot.logical_id.empty() ? std::to_string(slot.ordinal) : base::QuoteJson(slot.logical_id);
  return std::string(group_address) + "[" + key + "]";
}

std::string TerraformNode::Address() const {
  return TerraformAddress(group.Address(), slot);
}

bool TerraformNode::ExistsBefore() const {
  return line == nullptr ? record != nullptr : line->verb != NodeVerb::kCreate;
}

bool TerraformNode::ExistsAfter() const {
  return line == nullptr || (line->verb != NodeVerb::kDestroy && line->verb != NodeVerb::kForget);
}

const RevisionRecord* TerraformNode::BeforeRevision() const {
  if (!ExistsBefore()) return nullptr;
  if (record != nullptr) return FindRevision(group, record->revision);
  return line == nullptr ? nullptr : RevisionAt(group.planned, line->from_revision);
}

const RevisionRecord* TerraformNode::AfterRevision() const {
  if (!ExistsAfter()) return nullptr;
  const RevisionRecord* planned = line == nullptr ? nullptr : RevisionAt(group.planned, line->to_revision);
  return planned == nullptr ? BeforeRevision() : planned;
}

std::vector<TerraformGroup> TerraformGroups(const model::Plan& plan, const std::vector<std::vector<NodeLine>>& lines,
                                            const model::ClusterState* state) {
  std::map<std::string, TerraformGroup> groups;
  std::map<std::string, std::string> today;
  for (std::size_t i = 0; i < plan.groups.size(); ++i) {
    const PlanGroup& planned = plan.groups[i];
    groups[planned.path] = {planned.path, &planned, nullptr, &lines[i], nullptr};
    if (!planned.moved_from.empty()) today[planned.moved_from] = planned.path;
  }
  if (state != nullptr) {
    for (const auto& [path, group] : state->groups) {
      const auto moved = today.find(path);
      TerraformGroup& found = groups[moved == today.end() ? path : moved->second];
      if (found.path.empty()) found.path = path;
      if (found.state == nullptr || moved != today.end()) found.state = &group;
    }
  }
  std::vector<TerraformGroup> result;
  for (auto& [path, group] : groups) {
    group.revision = Representative(group);
    // Tombstones alone are nothing that a reader could mean.
    if (group.planned == nullptr && group.state->LiveCount() == 0) continue;
    result.push_back(std::move(group));
  }
  return result;
}

void ForEachNode(const TerraformGroup& group, const std::function<void(const TerraformNode&)>& visit) {
  static const std::map<model::NodeRowKey, NodeRecord> kNone;
  static const std::vector<NodeLine> kNoLines;
  const auto& rows = group.state == nullptr ? kNone : group.state->nodes;
  const auto& lines = group.lines == nullptr ? kNoLines : *group.lines;
  auto row = rows.begin();
  auto line = lines.begin();
  OneSlot all;
  while (row != rows.end() || line != lines.end()) {
    const bool row_first = line == lines.end() || (row != rows.end() && row->first.ordinal <= line->slot.ordinal);
    const std::uint32_t ordinal = row_first ? row->first.ordinal : line->slot.ordinal;
    all.slot = row_first ? &row->second.slot : &line->slot;
    all.live = nullptr;
    all.leaving.clear();
    all.lines.clear();
    for (; row != rows.end() && row->first.ordinal == ordinal; ++row) {
      if (row->second.phase == NodePhase::kLive) all.live = &row->second;
      if (row->second.phase == NodePhase::kLeaving) all.leaving.push_back(&row->second);
    }
    for (; line != lines.end() && line->slot.ordinal == ordinal; ++line) all.lines.push_back(&*line);
    VisitSlot(group, all, visit);
  }
}

}  // namespace kadende::cli
