// `kadende state compact --keep 90d [CLUSTER]`: leaves old versions out of the history.
#pragma once

#include <string>

#include "cli/command.h"

namespace kadende::cli {

struct StateCompactOptions {
  std::string cluster;
  base::Millis keep = std::chrono::days(90);
  bool yes = false;
  base::Millis lock_timeout = std::chrono::seconds(30);
};
void DefineStateCompact(CommandSetup& setup, StateCompactOptions& options);
[[nodiscard]] int RunStateCompact(const StateCompactOptions& options, Console& console);

}  // namespace kadende::cli
