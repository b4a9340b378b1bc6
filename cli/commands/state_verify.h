// `kadende state verify [CLUSTER]`: is the published history whole, and does the working store agree with it?
#pragma once

#include <string>

#include "cli/command.h"

namespace kadende::cli {

struct StateVerifyOptions {
  std::string cluster;
};
void DefineStateVerify(CommandSetup& setup, StateVerifyOptions& options);
[[nodiscard]] int RunStateVerify(const StateVerifyOptions& options, Console& console);

}  // namespace kadende::cli
