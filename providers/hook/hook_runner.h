// Runs hooks as programs of this machine, and as requests over http.
#pragma once

#include <memory>
#include <string>

#include "engine/ports/hook_runner.h"

namespace kadende::providers {

struct HookOptions {
  std::string base_directory;  // programs run there, and relative names count from there
  // SEMANTICS 5: a hook that shows signs of life goes on for so many timeouts, and never longer than `longest`.
  std::uint32_t most_timeouts = 100;
  base::Millis longest = std::chrono::hours(48);
};

[[nodiscard]] std::unique_ptr<ports::HookRunner> MakeHookRunner(HookOptions options);

}  // namespace kadende::providers
