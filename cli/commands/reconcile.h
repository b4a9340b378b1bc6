// `kadende reconcile [CLUSTER]`: one pass of the cluster's controller, as watch makes them.
#pragma once

#include <cstdint>
#include <string>

#include "cli/command.h"

namespace kadende::cli {

struct ReconcileOptions {
  std::string cluster;
  std::uint32_t parallelism = 16;
  bool detailed_exitcode = false;
};
void DefineReconcile(CommandSetup& setup, ReconcileOptions& options);
[[nodiscard]] int RunReconcile(const ReconcileOptions& options, Console& console);

}  // namespace kadende::cli
