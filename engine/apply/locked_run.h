// The part of a run that is done under the lock, for callers that take the lock themselves (reconcile).
#pragma once

#include "engine/apply/run.h"

namespace kadende::apply {

// `lease` covers the whole cluster of `request.lineage`, or, where that is empty, the name of the new one. `after`
// (may be null) receives the state as the run left it.
[[nodiscard]] base::Result<RunResult> RunLocked(const RunRequest& request, const RunPorts& ports, ports::Lease& lease,
                                                model::ClusterState* after);

}  // namespace kadende::apply
