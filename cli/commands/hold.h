// `kadende hold NODE|GROUP` orders a node or group to be left alone by everybody; `kadende unhold` takes that back.
#pragma once

#include <string>

#include "cli/command.h"
#include "engine/base/time.h"

namespace kadende::cli {

struct HoldOptions {
  std::string target;  // node or group
  std::string cluster;
  std::string reason;        // hold only
  base::Millis duration{0};  // hold only; 0: none given
  std::string until;         // hold only
  base::Millis lock_timeout = std::chrono::seconds(30);
};
void DefineHold(CommandSetup& setup, HoldOptions& options);
void DefineUnhold(CommandSetup& setup, HoldOptions& options);
[[nodiscard]] int RunHold(const HoldOptions& options, Console& console);
[[nodiscard]] int RunUnhold(const HoldOptions& options, Console& console);

}  // namespace kadende::cli
