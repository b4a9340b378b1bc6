// `kadende completion bash|zsh|fish`: the script that a shell loads to complete command lines of kadende. It asks
// `kadende __complete` at each key press, so that it knows every option of the version that is installed.
#pragma once

#include <string>

#include "cli/command.h"

namespace kadende::cli {

struct CompletionOptions {
  std::string shell;
};
void DefineCompletion(CommandSetup& setup, CompletionOptions& options);
[[nodiscard]] int RunCompletion(const CompletionOptions& options, Console& console);

}  // namespace kadende::cli
