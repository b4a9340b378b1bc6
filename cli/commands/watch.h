// `kadende watch [CLUSTER...|--all]`: keeps clusters as they were applied, for ever.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/command.h"
#include "engine/reconcile/verdict.h"

namespace kadende::cli {

struct WatchCommandOptions {
  std::vector<std::string> clusters;
  bool all = false;
  base::Millis interval = std::chrono::seconds(10);
  std::uint32_t parallelism = 16;
  base::Millis start_grace = reconcile::kShortestStartGrace;
  std::string heartbeat_listen;
  std::string metrics_listen;
};
void DefineWatch(CommandSetup& setup, WatchCommandOptions& options);
[[nodiscard]] int RunWatch(const WatchCommandOptions& options, Console& console);

}  // namespace kadende::cli
