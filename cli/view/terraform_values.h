// What a node is made of, as the "values" of Terraform's shape:
//
//   {"address", "attributes", "id", "labels", "name", "properties"}
//
// `properties` are the group's resourceProperties as this node gets them, `id` is the provider's, `name` is node.name.
// What only the create can tell (address, attributes, id) is left out before it and marked in "after_unknown".
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "cli/view/json_writer.h"
#include "cli/view/terraform_nodes.h"
#include "engine/model/expression.h"

namespace kadende::cli {

// What a resource is called, in all sections alike: "address", "mode", "type", "name", "index", "provider_name".
void WriteIdentity(JsonWriter& json, const TerraformGroup& group, const model::Slot& slot);

// Properties are parsed once per revision, and rendered once where they are the same for every node.
class TerraformValues {
 public:
  // An object, or null where the node does not exist before, or after.
  void WriteBefore(JsonWriter& json, const TerraformNode& node);
  void WriteAfter(JsonWriter& json, const TerraformNode& node);
  // Of a record alone, for drift; with another status than it was thought to have.
  void WriteRecord(JsonWriter& json, const TerraformGroup& group, const model::NodeRecord& record,
                   std::string_view status);
  // The object of "after_unknown".
  void WriteUnknown(JsonWriter& json, const TerraformNode& node);

  // A group's properties as the expressions of a configuration: per property its value, or what it refers to.
  static void WriteExpressions(JsonWriter& json, const model::RevisionRecord& revision);

 private:
  struct Properties {
    model::PropertyTemplate text;
    std::string constant;  // empty: differs from node to node
    bool unknown = false;  // cannot be said before the create
  };
  struct Known {
    const model::RevisionRecord* revision = nullptr;
    std::string_view id;
    std::string_view address;
    std::string_view attributes;
    std::string_view status;
  };
  const Properties& Of(const model::RevisionRecord& revision);
  void Write(JsonWriter& json, const TerraformGroup& group, const model::Slot& slot, const Known& known);

  std::map<const model::RevisionRecord*, Properties> properties_;
};

// Where a changed property is in the values: "args[1]" -> ["properties","args",1].
void WriteTerraformPath(JsonWriter& json, std::string_view path);

}  // namespace kadende::cli
