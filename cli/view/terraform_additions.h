// What is ours in a plan of Terraform's shape: the object under the top-level key "kadende". Described in README.md.
#pragma once

#include "cli/view/json_writer.h"
#include "cli/view/terraform_plan.h"

namespace kadende::cli {

void WriteAdditions(JsonWriter& json, const model::Plan& plan, const TerraformPlanOptions& options);

}  // namespace kadende::cli
