// `kadende show [CLUSTER[@REV]|PLAN]`: a cluster as state has it, as it was at a published version, or a saved plan.
#pragma once

#include <string>

#include "cli/command.h"

namespace kadende::cli {

struct ShowOptions {
  std::string what;
  std::string format = "text";
  bool spec = false;
  bool offline = false;
};
void DefineShow(CommandSetup& setup, ShowOptions& options);
[[nodiscard]] int RunShow(const ShowOptions& options, Console& console);

}  // namespace kadende::cli
