// `kadende plan`: what an apply would do. Takes no locks and writes nothing but --out.
#pragma once

#include <string>

#include "cli/planning.h"

namespace kadende::cli {

struct PlanCommandOptions {
  PlanningOptions planning;
  std::string out;
  std::string format = "text";
  bool detailed_exitcode = false;
};
void DefinePlan(CommandSetup& setup, PlanCommandOptions& options);
[[nodiscard]] int RunPlan(const PlanCommandOptions& options, Console& console);

// For `apply FILE`: the plan with what is needed to make it again.
[[nodiscard]] base::Status SavePlan(const Planning& planning, const model::Plan& plan, const std::string& file);

// A plan as `plan` and `show PLAN` print it: format text or markdown.
[[nodiscard]] std::string FormatPlan(const model::Plan& plan, const std::string& format, const Console& console);

}  // namespace kadende::cli
