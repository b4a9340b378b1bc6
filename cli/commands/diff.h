// `kadende diff A [B] [CLUSTER]`: what lies between two published versions.
#pragma once

#include <string>

#include "cli/command.h"

namespace kadende::cli {

struct DiffOptions {
  std::string from;
  std::string to;
  std::string cluster;
  bool offline = false;
};
void DefineDiff(CommandSetup& setup, DiffOptions& options);
[[nodiscard]] int RunDiff(const DiffOptions& options, Console& console);

}  // namespace kadende::cli
