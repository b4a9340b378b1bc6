// `kadende adopt NODE INSTANCE` gives an existing instance to an empty place; `kadende forget NODE` takes a node out of
// the state and leaves its instance as it is.
#pragma once

#include <string>

#include "cli/edit.h"

namespace kadende::cli {

struct AdoptOptions : EditOptions {
  std::string node;
  std::string instance;
  std::string from_lineage;
  bool yes = false;
};
void DefineAdopt(CommandSetup& setup, AdoptOptions& options);
[[nodiscard]] int RunAdopt(const AdoptOptions& options, Console& console);

struct ForgetOptions : EditOptions {
  std::string node;
};
void DefineForget(CommandSetup& setup, ForgetOptions& options);
[[nodiscard]] int RunForget(const ForgetOptions& options, Console& console);

}  // namespace kadende::cli
