// Whether a plan is worth a run: what it would do, and what it would only write down. Pure.
#pragma once

#include "engine/plan/planner.h"

namespace kadende::apply {

// Something is done to nodes or groups, or a group's policy is recorded.
[[nodiscard]] bool HasWork(const plan::Planned& planned, const plan::PlanOptions& options);

// The file reads differently, whatever it means.
[[nodiscard]] bool HeaderChanges(const plan::Planned& planned, const plan::PlanOptions& options);

}  // namespace kadende::apply
