// `kadende version`.
#pragma once

#include "cli/command.h"

namespace kadende::cli {

struct VersionOptions {};
void DefineVersion(CommandSetup& setup, VersionOptions& options);
[[nodiscard]] int RunVersion(const VersionOptions& options, Console& console);

}  // namespace kadende::cli
