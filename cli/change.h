// What apply and destroy do once it is known what to plan: show the plan, ask, run under the lock, show what happened.
#pragma once

#include <cstdint>
#include <string>

#include "cli/planning.h"
#include "cli/signals.h"
#include "engine/apply/run.h"

namespace kadende::cli {

struct RunningOptions {
  bool yes = false;
  std::string approve;  // hash of a plan, in hex
  std::uint32_t parallelism = 16;
  std::string on_error = "continue";
  std::string wait = "created";
  // Long enough for a pass of watch to end.
  base::Millis lock_timeout = std::chrono::seconds(30);
};
void DefineRunning(CommandSetup& setup, RunningOptions& options);

struct ChangeRequest {
  plan::PlanOptions plan;
  model::RunKind kind = model::RunKind::kApply;
  bool compare_secrets = false;
  const model::Plan* reviewed = nullptr;  // of a saved plan: it was accepted when it was saved
  RunningOptions running;
};

// From a prepared planning (opened for reading) to the exit code.
[[nodiscard]] int Change(Console& console, Planning& planning, ChangeRequest request);

}  // namespace kadende::cli
