// `kadende destroy [FILE|CLUSTER]`: a plan and apply of nothing.
#pragma once

#include "cli/change.h"

namespace kadende::cli {

struct DestroyOptions {
  PlanningOptions planning;
  RunningOptions running;
};
void DefineDestroy(CommandSetup& setup, DestroyOptions& options);
[[nodiscard]] int RunDestroy(const DestroyOptions& options, Console& console);

}  // namespace kadende::cli
