// `kadende taint NODE` marks a node for replacement at the next apply; `kadende untaint NODE` takes that back.
#pragma once

#include <string>

#include "cli/edit.h"

namespace kadende::cli {

struct TaintOptions : EditOptions {
  std::string node;
  std::string reason;  // taint only
};
void DefineTaint(CommandSetup& setup, TaintOptions& options);
void DefineUntaint(CommandSetup& setup, TaintOptions& options);
[[nodiscard]] int RunTaint(const TaintOptions& options, Console& console);
[[nodiscard]] int RunUntaint(const TaintOptions& options, Console& console);

}  // namespace kadende::cli
