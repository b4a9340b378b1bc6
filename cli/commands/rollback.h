// `kadende rollback CLUSTER REV`: brings the specification of an earlier version back, as an apply like any other.
#pragma once

#include <string>
#include <vector>

#include "cli/change.h"

namespace kadende::cli {

struct RollbackOptions {
  std::string cluster;
  std::string revision;
  std::string out;
  std::vector<std::string> targets;
  bool offline = false;
  RunningOptions running;
};
void DefineRollback(CommandSetup& setup, RollbackOptions& options);
[[nodiscard]] int RunRollback(const RollbackOptions& options, Console& console);

// After a rollback the file on disk says something else than what is in force: says so, and what to do about it.
// `rollback` is Plan::rollback.
void NoteFileDiffers(Console& console, Planning& planning, const std::string& rollback);

}  // namespace kadende::cli
