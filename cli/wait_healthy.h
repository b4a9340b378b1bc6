// `--wait healthy`: after a run, until the providers report every live node as running.
#pragma once

#include <stop_token>
#include <string>

#include "cli/session.h"

namespace kadende::cli {

// Bounded by the longest `timeouts.join` of the cluster's groups: kTimeout names the nodes that did not get there.
[[nodiscard]] base::Status WaitHealthy(Session& session, const std::string& lineage, const std::stop_token& stop);

}  // namespace kadende::cli
