// A plan in the shape that Terraform publishes for its own (`terraform show -json`, format_version "1.2"), for tools
// that read that: policies, cost estimates, summaries. What is ours beside it is under the key "kadende"; README.md
// says which is which, and what a reader of Terraform's plans finds where.
#pragma once

#include <map>
#include <string>

#include "cli/view/sink.h"
#include "engine/model/cluster_state.h"
#include "engine/model/plan.h"

namespace kadende::cli {

struct TerraformPlanOptions {
  // What the plan was made on. Null: not to be had; nodes that the plan leaves alone are then counted, not listed.
  const model::ClusterState* state = nullptr;
  std::map<std::string, std::string> variables;  // JSON scalars, as ClusterSpec::variables
  std::string version;                           // of this tool
};

// One line. Written in pieces: 100,000 nodes cost time and output, but no memory.
void WriteTerraformPlan(const model::Plan& plan, const TerraformPlanOptions& options, const Sink& sink);

// The same as text, for small plans.
[[nodiscard]] std::string TerraformPlanText(const model::Plan& plan, const TerraformPlanOptions& options);

}  // namespace kadende::cli
