// `kadende release GROUP`: automation acts once in spite of the group's brake, on the nodes that are unhealthy now.
#pragma once

#include <string>

#include "cli/command.h"
#include "engine/base/time.h"

namespace kadende::cli {

struct ReleaseOptions {
  std::string group;
  std::string cluster;
  base::Millis duration = std::chrono::minutes(10);
  base::Millis lock_timeout = std::chrono::seconds(30);
};
void DefineRelease(CommandSetup& setup, ReleaseOptions& options);
[[nodiscard]] int RunRelease(const ReleaseOptions& options, Console& console);

}  // namespace kadende::cli
