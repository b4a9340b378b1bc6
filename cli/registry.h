// Every command, in the order of `kadende --help`.
#pragma once

#include <memory>
#include <vector>

#include "cli/command.h"

namespace kadende::cli {

[[nodiscard]] std::vector<std::unique_ptr<Command>> Commands();

}  // namespace kadende::cli
