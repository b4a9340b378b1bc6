// `kadende rollout status | pause | resume | promote | abort`: how far rollouts are, and a person's say in them.
#pragma once

#include <string>

#include "cli/change.h"
#include "cli/edit.h"

namespace kadende::cli {

struct RolloutStatusOptions {
  std::string group;  // empty: all that are on their way
  std::string cluster;
  bool offline = false;
};
void DefineRolloutStatus(CommandSetup& setup, RolloutStatusOptions& options);
[[nodiscard]] int RunRolloutStatus(const RolloutStatusOptions& options, Console& console);

struct RolloutOrderOptions : EditOptions {
  std::string group;
  std::string reason;
  bool full = false;  // promote: past all stops
};
void DefineRolloutPause(CommandSetup& setup, RolloutOrderOptions& options);
void DefineRolloutResume(CommandSetup& setup, RolloutOrderOptions& options);
void DefineRolloutPromote(CommandSetup& setup, RolloutOrderOptions& options);
[[nodiscard]] int RunRolloutPause(const RolloutOrderOptions& options, Console& console);
[[nodiscard]] int RunRolloutResume(const RolloutOrderOptions& options, Console& console);
[[nodiscard]] int RunRolloutPromote(const RolloutOrderOptions& options, Console& console);

// Back to what was in force: a run like any other, shown and asked for.
struct RolloutAbortOptions {
  std::string group;
  PlanningOptions planning;
  RunningOptions running;
};
void DefineRolloutAbort(CommandSetup& setup, RolloutAbortOptions& options);
[[nodiscard]] int RunRolloutAbort(const RolloutAbortOptions& options, Console& console);

}  // namespace kadende::cli
