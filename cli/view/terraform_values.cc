#include "cli/view/terraform_values.h"

#include <utility>
#include <vector>

#include "engine/base/json.h"
#include "engine/base/text.h"

namespace kadende::cli {
namespace {

using base::Json;
using model::PropertyTemplate;
using model::RevisionRecord;

// The values that references of a configuration may have.
std::vector<std::string> Names(const model::References& references) {
  std::vector<std::string> names;
  if (references.node_address) names.emplace_back("node.address");
  if (references.node_name) names.emplace_back("node.name");
  if (references.node_ordinal) names.emplace_back("node.ordinal");
  if (references.secret) names.emplace_back("secret");
  for (const std::string& variable : references.variables) names.push_back("var." + variable);
  return names;
}

void WriteExpression(JsonWriter& json, const std::string& key, const Json& value) {
  const auto bound = PropertyTemplate::FromBound(base::Canonical(Json{{key, value}}));
  json.Key(key);
  json.BeginObject();
  if (bound && (!bound->IsConstant() || bound->references().secret)) {
    json.Strings("references", Names(bound->references()));
  } else {
    const auto rendered = bound ? bound->RenderNode("", 0) : base::Result<std::string>(base::Canonical(value));
    const auto parsed = rendered ? base::ParseJson(*rendered) : base::Result<Json>(value);
    const bool whole = parsed && parsed->is_object() && parsed->contains(key);
    json.RawField("constant_value", base::Canonical(whole ? parsed->at(key) : value));
  }
  json.EndObject();
}

}  // namespace

void WriteIdentity(JsonWriter& json, const TerraformGroup& group, const model::Slot& slot) {
  json.Field("address", TerraformAddress(group.Address(), slot));
  json.Field("mode", "managed");
  json.Field("type", group.Type());
  json.Field("name", group.path);
  if (slot.logical_id.empty()) {
    json.Field("index", slot.ordinal);
  } else {
    json.Field("index", slot.logical_id);
  }
  json.Field("provider_name", group.Type());
}

const TerraformValues::Properties& TerraformValues::Of(const RevisionRecord& revision) {
  const auto [found, added] = properties_.try_emplace(&revision);
  if (!added) return found->second;
  Properties& made = found->second;
  auto text = PropertyTemplate::FromBound(revision.properties);
  if (!text || text->references().secret || text->references().node_address) {
    made.unknown = true;
    return made;
  }
  made.text = std::move(*text);
  if (!made.text.IsConstant()) return made;
  auto rendered = made.text.RenderNode("", 0);
  made.unknown = !rendered;
  if (rendered) made.constant = std::move(*rendered);
  return made;
}

void TerraformValues::Write(JsonWriter& json, const TerraformGroup& group, const model::Slot& slot,
                            const Known& known) {
  const std::string name = model::NodeName(group.path, slot);
  json.BeginObject();
  json.OptionalField("address", known.address);
  if (!known.attributes.empty()) json.RawField("attributes", known.attributes);
  json.OptionalField("id", known.id);
  if (known.revision != nullptr) {
    json.Key("labels");
    json.BeginObject();
    for (const auto& [key, value] : known.revision->labels) json.Field(key, value);
    json.EndObject();
  }
  json.Field("name", name);
  if (known.revision != nullptr) {
    const Properties& properties = Of(*known.revision);
    if (!properties.constant.empty()) {
      json.RawField("properties", properties.constant);
    } else if (!properties.unknown) {
      if (auto rendered = properties.text.RenderNode(name, slot.ordinal)) json.RawField("properties", *rendered);
    }
  }
  json.OptionalField("status", known.status);
  json.EndObject();
}

void TerraformValues::WriteBefore(JsonWriter& json, const TerraformNode& node) {
  if (!node.ExistsBefore()) {
    json.Null();
    return;
  }
  Known known;
  known.revision = node.BeforeRevision();
  if (node.line != nullptr) known.id = node.line->instance_id;
  if (node.record != nullptr) {
    known.id = node.record->instance_id;
    known.address = node.record->address;
    known.attributes = node.record->attributes;
  }
  Write(json, node.group, node.slot, known);
}

void TerraformValues::WriteAfter(JsonWriter& json, const TerraformNode& node) {
  if (!node.ExistsAfter()) {
    json.Null();
    return;
  }
  Known known;
  known.revision = node.AfterRevision();
  const bool is_made =
      node.line != nullptr && (node.line->verb == NodeVerb::kCreate || node.line->verb == NodeVerb::kReplace);
  if (!is_made) {
    if (node.line != nullptr) known.id = node.line->instance_id;
    if (node.record != nullptr) {
      known.id = node.record->instance_id;
      known.address = node.record->address;
      known.attributes = node.record->attributes;
    }
  }
  Write(json, node.group, node.slot, known);
}

void TerraformValues::WriteRecord(JsonWriter& json, const TerraformGroup& group, const model::NodeRecord& record,
                                  std::string_view status) {
  Known known;
  if (group.state != nullptr) known.revision = group.state->Revision(record.revision);
  known.id = record.instance_id;
  known.address = record.address;
  known.attributes = record.attributes;
  known.status = status;
  Write(json, group, record.slot, known);
}

void TerraformValues::WriteUnknown(JsonWriter& json, const TerraformNode& node) {
  json.BeginObject();
  if (node.line != nullptr && (node.line->verb == NodeVerb::kCreate || node.line->verb == NodeVerb::kReplace)) {
    for (const char* key : {"address", "attributes", "id"}) json.Field(key, true);
    const RevisionRecord* revision = node.AfterRevision();
    if (revision == nullptr || Of(*revision).unknown) json.Field("properties", true);
  }
  json.EndObject();
}

void TerraformValues::WriteExpressions(JsonWriter& json, const RevisionRecord& revision) {
  json.BeginObject();
  json.Key("labels");
  json.BeginObject();
  json.RawField("constant_value", base::Canonical(Json(revision.labels)));
  json.EndObject();
  json.Key("properties");
  json.BeginArray();  // one block, in the form that readers of nested blocks expect
  json.BeginObject();
  if (const auto properties = base::ParseJson(revision.properties); properties && properties->is_object()) {
    for (const auto& [key, value] : properties->items()) WriteExpression(json, key, value);
  }
  json.EndObject();
  json.EndArray();
  json.EndObject();
}

void WriteTerraformPath(JsonWriter& json, std::string_view path) {
  json.BeginArray();
  json.String("properties");
  for (const std::string& part : base::Split(path, '.')) {
    const std::size_t open = part.find('[');
    if (open != 0) json.String(std::string_view(part).substr(0, open));
    for (std::size_t at = open; at < part.size() && part[at] == '[';) {
      const std::size_t close = part.find(']', at);
      const auto index = base::ParseInt(std::string_view(part).substr(at + 1, close - at - 1));
      if (close == std::string::npos || !index || *index < 0) break;
      json.Number(static_cast<std::uint64_t>(*index));
      at = close + 1;
    }
  }
  json.EndArray();
}

}  // namespace kadende::cli
