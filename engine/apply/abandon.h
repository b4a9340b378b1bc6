// `apply --abandon`: which file was in force before the run that is given up. State keeps the text of the last applied
// file only; the history has those before it.
#pragma once

#include "engine/plan/planner.h"
#include "engine/ports/history.h"

namespace kadende::apply {

// Puts the file of the last commit at which nothing was unfinished into `desired`, with its label, hash and variables.
// False where the history has no such commit or cannot be read: `desired` is as it was.
[[nodiscard]] bool RestoreSpec(const model::ClusterState& state, ports::History& history, plan::Desired* desired);

}  // namespace kadende::apply
