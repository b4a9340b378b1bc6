// `kadende release GROUP`: automation acts once in spite of the group's brake, on the nodes that are unhealthy now.
#pragma once

#include <string>

#include "cli/edit.h"
#include "engine/base/time.h"

namespace kadende::cli {

struct ReleaseOptions : EditOptions {
  std::string group;
  base::Millis duration = std::chrono::minutes(10);
};
void DefineRelease(CommandSetup& setup, ReleaseOptions& options);
[[nodiscard]] int RunRelease(const ReleaseOptions& options, Console& console);

}  // namespace kadende::cli
