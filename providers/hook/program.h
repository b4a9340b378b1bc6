// Runs one program to its end, in a session of its own, and ends all of it where it takes too long.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace kadende::providers::hook {

struct ProgramOptions {
  std::vector<std::string> command;
  std::vector<std::string> environment;  // "NAME=value"
  std::string directory;                 // empty: where we are
  base::Millis silence{};                // killed after so long without output
  base::Millis limit{};                  // killed after so long in any case
};

// The codes are ports::HookRunner's.
[[nodiscard]] base::Status RunProgram(const ProgramOptions& options, const std::stop_token& stop);

}  // namespace kadende::providers::hook
