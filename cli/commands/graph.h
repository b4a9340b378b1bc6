// `kadende graph`: the actions of a plan and what waits for what, for Graphviz or Mermaid.
#pragma once

#include <string>

#include "cli/planning.h"

namespace kadende::cli {

struct GraphCommandOptions {
  PlanningOptions planning;
  std::string format = "dot";
};
void DefineGraph(CommandSetup& setup, GraphCommandOptions& options);
[[nodiscard]] int RunGraph(const GraphCommandOptions& options, Console& console);

}  // namespace kadende::cli
