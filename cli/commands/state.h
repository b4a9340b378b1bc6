// `kadende state ...`: the state itself, and what this machine shares of it with others. `verify` and `compact` have
// files of their own, commands/state_<name>.h; `remote` has commands/state_remote.cc.
#pragma once

#include <string>

#include "cli/command.h"

namespace kadende::cli {

struct StateOptions {
  std::string cluster;
  bool offline = false;
};
void DefineState(CommandSetup& setup, StateOptions& options);
[[nodiscard]] int RunStateStatus(const StateOptions& options, Console& console);

struct StatePullOptions {
  std::string cluster;
  bool take_remote = false;
  base::Millis lock_timeout = std::chrono::seconds(30);
};
void DefineStatePull(CommandSetup& setup, StatePullOptions& options);
[[nodiscard]] int RunStatePull(const StatePullOptions& options, Console& console);

struct StatePushOptions {
  std::string cluster;
  bool force_rewound = false;
  base::Millis lock_timeout = std::chrono::seconds(30);
};
void DefineStatePush(CommandSetup& setup, StatePushOptions& options);
[[nodiscard]] int RunStatePush(const StatePushOptions& options, Console& console);

struct StateRemoteOptions {
  std::string cluster;
  bool forget = false;
};
void DefineStateRemote(CommandSetup& setup, StateRemoteOptions& options);
[[nodiscard]] int RunStateRemote(const StateRemoteOptions& options, Console& console);

struct StateUnlockOptions {
  std::string cluster;
  bool yes = false;
};
void DefineStateUnlock(CommandSetup& setup, StateUnlockOptions& options);
[[nodiscard]] int RunStateUnlock(const StateUnlockOptions& options, Console& console);

}  // namespace kadende::cli
