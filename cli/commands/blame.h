// `kadende blame NODE [CLUSTER]`: who made, replaced and destroyed each incarnation of a node, and why.
#pragma once

#include <string>

#include "cli/command.h"

namespace kadende::cli {

struct BlameOptions {
  std::string node;
  std::string cluster;
  bool offline = false;
};
void DefineBlame(CommandSetup& setup, BlameOptions& options);
[[nodiscard]] int RunBlame(const BlameOptions& options, Console& console);

}  // namespace kadende::cli
