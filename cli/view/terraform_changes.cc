#include "cli/view/terraform_changes.h"

#include <algorithm>
#include <string>

namespace kadende::cli {
namespace {

using model::Reason;

// Terraform's own words for why, where it has one; its readers must bear any.
std::string_view ActionReason(const model::Plan& plan, const TerraformNode& node) {
  const NodeLine& line = *node.line;
  if (line.verb == NodeVerb::kReplace) {
    if (line.reason == Reason::kTainted) return "replace_because_tainted";
    if (line.reason == Reason::kRequested) return "replace_by_request";
    if (line.reason == Reason::kRevisionChanged) return "replace_because_cannot_update";
  }
  if (line.verb == NodeVerb::kDestroy && !plan.destroy && !node.deposed) {
    if (line.reason == Reason::kGroupRemoved) return "delete_because_no_resource_config";
    if (line.reason == Reason::kSizeDown) {
      return line.slot.logical_id.empty() ? "delete_because_count_index" : "delete_because_each_key";
    }
  }
  return {};
}

// Unique within an address: a slot may have several objects that were given up.
std::string DeposedKey(std::uint32_t incarnation, bool stray, const std::string& instance_id) {
  return std::to_string(incarnation) + (stray ? "-" + instance_id : std::string());
}

std::string_view ActionsOf(const TerraformNode& node) {
  if (node.line == nullptr) return R"(["no-op"])";
  switch (node.line->verb) {
    case NodeVerb::kCreate:
      return R"(["create"])";
    case NodeVerb::kReplace:
      return node.group.planned->destroy_first ? R"(["delete","create"])" : R"(["create","delete"])";
    case NodeVerb::kUpdate:
      return R"(["update"])";
    case NodeVerb::kDestroy:
      return R"(["delete"])";
    case NodeVerb::kForget:
      return R"(["forget"])";
    case NodeVerb::kAdopt:
      break;  // an import, which changes nothing
  }
  return R"(["no-op"])";
}

void WriteWhy(JsonWriter& json, const TerraformGroup& group, const model::Slot& slot, Reason reason,
              const std::string& detail) {
  json.Key("kadende");
  json.BeginObject();
  json.Field("node", model::NodeAddress{group.path, slot}.Display());
  json.Field("reason", model::ReasonName(reason));
  json.Field("why", ReasonPhrase(reason));
  json.OptionalField("detail", detail);
  json.EndObject();
}

const model::NodeRecord* RecordOf(const TerraformGroup& group, const model::Drift& drift) {
  if (group.state == nullptr || drift.reason == Reason::kStray) return nullptr;
  const auto found = group.state->nodes.find({drift.slot.ordinal, drift.incarnation});
  return found == group.state->nodes.end() ? nullptr : &found->second;
}

bool HasLine(const std::vector<NodeLine>& lines, const model::Slot& slot) {
  const auto found = std::lower_bound(lines.begin(), lines.end(), slot,
                                      [](const NodeLine& line, const model::Slot& key) { return line.slot < key; });
  return found != lines.end() && found->slot == slot;
}

}  // namespace

TerraformChanges::TerraformChanges(const model::Plan& plan, const std::vector<TerraformGroup>& groups,
                                   TerraformValues& values, JsonWriter& json)
    : plan_(plan), groups_(groups), values_(values), json_(json), by_index_(plan.groups.size()) {
  for (const TerraformGroup& group : groups) {
    if (group.planned != nullptr) by_index_[static_cast<std::size_t>(group.planned - plan.groups.data())] = &group;
  }
}

void TerraformChanges::WriteChanges() {
  json_.BeginArray();
  for (const TerraformGroup& group : groups_) {
    if (group.planned != nullptr) ForEachNode(group, [this](const TerraformNode& node) { Change(node); });
  }
  json_.EndArray();
}

void TerraformChanges::Change(const TerraformNode& node) {
  const model::PlanGroup& planned = *node.group.planned;
  json_.BeginObject();
  WriteIdentity(json_, node.group, node.slot);
  const bool is_stray = node.line != nullptr && node.line->reason == Reason::kStray;
  if (!planned.moved_from.empty() && node.ExistsBefore() && !is_stray) {
    const std::string before = std::string(node.group.Type()) + "." + planned.moved_from;
    json_.Field("previous_address", TerraformAddress(before, node.slot));
  }
  if (node.deposed) {
    const NodeLine& line = *node.line;
    json_.Field("deposed", DeposedKey(line.incarnation, is_stray, line.instance_id));
  }
  json_.Key("change");
  json_.BeginObject();
  json_.RawField("actions", ActionsOf(node));
  json_.Key("before");
  values_.WriteBefore(json_, node);
  json_.Key("after");
  values_.WriteAfter(json_, node);
  json_.Key("after_unknown");
  values_.WriteUnknown(json_, node);
  json_.RawField("before_sensitive", node.ExistsBefore() ? "{}" : "false");
  json_.RawField("after_sensitive", node.ExistsAfter() ? "{}" : "false");
  ReplacePaths(node);
  if (node.line != nullptr && node.line->verb == NodeVerb::kAdopt) {
    json_.Key("importing");
    json_.BeginObject();
    json_.Field("id", node.line->instance_id);
    json_.EndObject();
  }
  json_.EndObject();
  if (node.line != nullptr) {
    json_.OptionalField("action_reason", ActionReason(plan_, node));
    WriteWhy(json_, node.group, node.slot, node.line->reason, {});
  }
  json_.EndObject();
}

void TerraformChanges::ReplacePaths(const TerraformNode& node) {
  if (node.line == nullptr || node.line->verb != NodeVerb::kReplace) return;
  if (node.line->reason != Reason::kRevisionChanged) return;
  json_.Key("replace_paths");
  json_.BeginArray();
  for (const model::PropertyChange& change : node.group.planned->properties) {
    if (change.forces_replacement) WriteTerraformPath(json_, change.path);
  }
  json_.EndArray();
}

const TerraformGroup* TerraformChanges::GroupOf(const model::Drift& drift) const {
  return drift.group < by_index_.size() ? by_index_[drift.group] : nullptr;
}

void TerraformChanges::WriteDrift() {
  json_.BeginArray();
  for (const model::Drift& drift : plan_.drift) {
    if (const TerraformGroup* group = GroupOf(drift)) Drift(*group, drift);
  }
  json_.EndArray();
}

void TerraformChanges::Drift(const TerraformGroup& group, const model::Drift& drift) {
  const bool gone = drift.reason == Reason::kMissing || drift.reason == Reason::kTerminated;
  const bool stray = drift.reason == Reason::kStray;
  const bool unhealthy = drift.reason == Reason::kUnhealthy;
  json_.BeginObject();
  WriteIdentity(json_, group, drift.slot);
  if (stray) json_.Field("deposed", DeposedKey(drift.incarnation, true, drift.instance_id));
  json_.Key("change");
  json_.BeginObject();
  json_.RawField("actions", gone ? R"(["delete"])" : stray ? R"(["create"])" : R"(["update"])");
  json_.Key("before");
  DriftSide(group, drift, !stray, unhealthy ? "running" : "");
  json_.Key("after");
  DriftSide(group, drift, !gone, unhealthy ? "unhealthy" : "");
  // The labels as they are now are the provider's to tell, not the plan's.
  json_.RawField("after_unknown", drift.reason == Reason::kLabelsChanged ? R"({"labels":true})" : "{}");
  json_.RawField("before_sensitive", stray ? "false" : "{}");
  json_.RawField("after_sensitive", gone ? "false" : "{}");
  json_.EndObject();
  WriteWhy(json_, group, drift.slot, drift.reason, drift.detail);
  json_.EndObject();
}

void TerraformChanges::DriftSide(const TerraformGroup& group, const model::Drift& drift, bool exists,
                                 std::string_view status) {
  const model::NodeRecord* record = RecordOf(group, drift);
  if (!exists) {
    json_.Null();
  } else if (record != nullptr) {
    values_.WriteRecord(json_, group, *record, status);
  } else {
    json_.BeginObject();
    json_.OptionalField("id", drift.instance_id);
    json_.OptionalField("status", status);
    json_.EndObject();
  }
}

void TerraformChanges::WriteRelevantAttributes() {
  json_.BeginArray();
  for (const model::Drift& drift : plan_.drift) {
    const TerraformGroup* group = GroupOf(drift);
    if (group == nullptr || !HasLine(*group->lines, drift.slot)) continue;
    json_.BeginObject();
    json_.Field("resource", TerraformAddress(group->Address(), drift.slot));
    json_.RawField("attribute", R"(["id"])");  // the drift decided whether there is a node, and so its id
    json_.EndObject();
  }
  json_.EndArray();
}

}  // namespace kadende::cli
