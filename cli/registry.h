// Every command, in the order of `kadende --help`, and what all of them share.
#pragma once

#include <memory>
#include <vector>

#include "cli/command.h"

namespace kadende::cli {

[[nodiscard]] std::vector<std::unique_ptr<Command>> Commands();

// The options that every command takes.
void DefineCommon(CommandSetup& setup, CommonOptions& common);

[[nodiscard]] std::string_view Heading(CommandGroup group);
// What the commands below one first word have in common, where that word is no command itself; else empty.
[[nodiscard]] std::string_view FamilySummary(std::string_view word);

}  // namespace kadende::cli
