// The sections of Terraform's plan shape that speak of changes: "resource_changes", "resource_drift" and
// "relevant_attributes".
#pragma once

#include <vector>

#include "cli/view/json_writer.h"
#include "cli/view/terraform_nodes.h"
#include "cli/view/terraform_values.h"
#include "engine/model/plan.h"

namespace kadende::cli {

// Borrows all that it is given. Each function writes one array.
class TerraformChanges {
 public:
  TerraformChanges(const model::Plan& plan, const std::vector<TerraformGroup>& groups, TerraformValues& values,
                   JsonWriter& json);

  void WriteChanges();             // every node of the plan's groups, "no-op" where nothing happens to it
  void WriteDrift();               // what the world did by itself
  void WriteRelevantAttributes();  // the drift that the plan answers

 private:
  void Change(const TerraformNode& node);
  void ReplacePaths(const TerraformNode& node);
  void Drift(const TerraformGroup& group, const model::Drift& drift);
  void DriftSide(const TerraformGroup& group, const model::Drift& drift, bool exists, std::string_view status);
  [[nodiscard]] const TerraformGroup* GroupOf(const model::Drift& drift) const;

  const model::Plan& plan_;
  const std::vector<TerraformGroup>& groups_;
  TerraformValues& values_;
  JsonWriter& json_;
  std::vector<const TerraformGroup*> by_index_;  // of Plan::groups
};

}  // namespace kadende::cli
