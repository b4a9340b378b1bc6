// `kadende apply [FILE|PLAN]`: make it so.
#pragma once

#include "cli/change.h"

namespace kadende::cli {

struct ApplyOptions {
  PlanningOptions planning;
  RunningOptions running;
  std::string reviewed;  // a saved plan that FILE is held against
};
void DefineApply(CommandSetup& setup, ApplyOptions& options);
[[nodiscard]] int RunApply(const ApplyOptions& options, Console& console);

}  // namespace kadende::cli
