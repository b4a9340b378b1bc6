// What hooks are told, as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/ports/hook_runner.h"

namespace kadende::providers::hook {

// Our own environment without what is ours alone, and with the facts: "NAME=value".
[[nodiscard]] std::vector<std::string> EnvironmentFor(const ports::HookFacts& facts);
[[nodiscard]] std::string JsonOf(const ports::HookFacts& facts);
// The last line that is not empty, cut to 200 bytes.
[[nodiscard]] std::string LastLine(std::string_view output);

}  // namespace kadende::providers::hook
