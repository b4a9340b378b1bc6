// `kadende state ...`: the state itself, and what this machine shares of it with others. `verify` and `compact` have
// files of their own, commands/state_<name>.h.
#pragma once

#include <string>

#include "cli/command.h"

namespace kadende::cli {

struct StateOptions {
  std::string cluster;
};
void DefineState(CommandSetup& setup, StateOptions& options);
[[nodiscard]] int RunStateStatus(const StateOptions& options, Console& console);

}  // namespace kadende::cli
