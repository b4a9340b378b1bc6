// `kadende taint NODE` marks a node for replacement at the next apply; `kadende untaint NODE` takes that back.
#pragma once

#include <string>

#include "cli/command.h"
#include "engine/base/time.h"

namespace kadende::cli {

struct TaintOptions {
  std::string node;
  std::string cluster;
  std::string reason;  // taint only
  base::Millis lock_timeout = std::chrono::seconds(30);
};
void DefineTaint(CommandSetup& setup, TaintOptions& options);
void DefineUntaint(CommandSetup& setup, TaintOptions& options);
[[nodiscard]] int RunTaint(const TaintOptions& options, Console& console);
[[nodiscard]] int RunUntaint(const TaintOptions& options, Console& console);

}  // namespace kadende::cli
