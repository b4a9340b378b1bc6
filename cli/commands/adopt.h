// `kadende adopt NODE INSTANCE` gives an existing instance to an empty place; `kadende forget NODE` takes a node out of
// the state and leaves its instance as it is.
#pragma once

#include <string>

#include "cli/command.h"
#include "engine/base/time.h"

namespace kadende::cli {

struct AdoptOptions {
  std::string node;
  std::string instance;
  std::string cluster;
  std::string from_lineage;
  bool yes = false;
  base::Millis lock_timeout = std::chrono::seconds(30);
};
void DefineAdopt(CommandSetup& setup, AdoptOptions& options);
[[nodiscard]] int RunAdopt(const AdoptOptions& options, Console& console);

struct ForgetOptions {
  std::string node;
  std::string cluster;
  base::Millis lock_timeout = std::chrono::seconds(30);
};
void DefineForget(CommandSetup& setup, ForgetOptions& options);
[[nodiscard]] int RunForget(const ForgetOptions& options, Console& console);

}  // namespace kadende::cli
