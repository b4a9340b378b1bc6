// What a run ref is to say of the run that holds it: the state as it will be once the run has begun, with every create
// that it may ask for. Whoever takes the claim over knows by it all instances that there can be. Pure.
#pragma once

#include "engine/apply/run.h"

namespace kadende::apply {

// `planned.state` has its lineage and id. With `begins` targets and header are those that the run records first;
// without, only what was settled is written down.
[[nodiscard]] model::ClusterState ClaimState(const plan::Planned& planned, const plan::PlanOptions& options,
                                             const model::Run& run, bool begins, base::TimePoint now);

}  // namespace kadende::apply
