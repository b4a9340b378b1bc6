// `kadende validate`: is the file good? Looks at nothing but the file.
#pragma once

#include "cli/planning.h"

namespace kadende::cli {

struct ValidateOptions {
  PlanningOptions planning;  // path and variables
};
void DefineValidate(CommandSetup& setup, ValidateOptions& options);
[[nodiscard]] int RunValidate(const ValidateOptions& options, Console& console);

}  // namespace kadende::cli
