// From a refreshed view to the plan's groups, actions and bounds: diff and order of every group, put together. Pure but
// for asking providers for manifests and for validation.
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/plan/planner.h"
#include "engine/plan/requests.h"

namespace kadende::plan {

// What was asked for beside the file.
struct Requests {
  const Moves& moves;
  const Replaces& replaces;
  const Judgement& judgement;
};

// `planned` has desired, view and state; its plan's groups, graph, drift, counts and diagnostics are filled in.
// view.groups of renamed groups are under their new path afterwards.
[[nodiscard]] base::Status AssemblePlan(Planned& planned, const Requests& requests, ports::ProviderSource& providers,
                                        const PlanOptions& options, base::TimePoint now);

}  // namespace kadende::plan
