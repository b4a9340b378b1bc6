// `kadende log`: the published versions of a cluster, newest first, from git.
#pragma once

#include <cstdint>
#include <string>

#include "cli/command.h"

namespace kadende::cli {

struct LogOptions {
  std::string cluster;
  std::string node;
  std::string group;
  std::uint32_t limit = 50;
  bool oneline = false;
  bool offline = false;
};
void DefineLog(CommandSetup& setup, LogOptions& options);
[[nodiscard]] int RunLog(const LogOptions& options, Console& console);

}  // namespace kadende::cli
