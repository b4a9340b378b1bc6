// `--wait healthy`: after a run, until every live node is healthy: by its group's checks, or where it has none, running
// as its provider says.
#pragma once

#include <stop_token>
#include <string>

#include "cli/health_pump.h"
#include "cli/session.h"

namespace kadende::cli {

// `health` null: no group has checks. Bounded by the longest `timeouts.join` of the cluster's groups: kTimeout names
// the nodes that did not get there.
[[nodiscard]] base::Status WaitHealthy(Session& session, const std::string& lineage, HealthPump* health,
                                       const std::stop_token& stop);

}  // namespace kadende::cli
