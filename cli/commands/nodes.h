// `kadende nodes` lists nodes as state and providers see them; `kadende nodes logs NODE` shows what one printed.
#pragma once

#include <cstdint>
#include <string>

#include "cli/command.h"

namespace kadende::cli {

struct NodesOptions {
  std::string cluster;
  std::string group;
  bool all = false;
  bool offline = false;
};
void DefineNodes(CommandSetup& setup, NodesOptions& options);
[[nodiscard]] int RunNodes(const NodesOptions& options, Console& console);

struct NodeLogsOptions {
  std::string node;
  std::string cluster;
  bool follow = false;
  std::uint32_t tail = 0;
};
void DefineNodeLogs(CommandSetup& setup, NodeLogsOptions& options);
[[nodiscard]] int RunNodeLogs(const NodeLogsOptions& options, Console& console);

}  // namespace kadende::cli
