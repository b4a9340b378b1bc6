// `kadende nodes` lists nodes as state, providers and checks see them, once or for ever; `kadende nodes logs NODE`
// shows what one printed.
#pragma once

#include <cstdint>
#include <string>

#include "cli/command.h"
#include "engine/base/time.h"

namespace kadende::cli {

struct NodesOptions {
  std::string cluster;
  std::string group;
  bool all = false;
  bool offline = false;
  bool watch = false;
  base::Millis interval = std::chrono::seconds(2);
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
