// What a watch asks of a cluster's state.
#pragma once

#include <string>

#include "engine/model/cluster_state.h"

namespace kadende::cli {

// The providers that a cluster waits for, and where they look.
[[nodiscard]] std::string PlaceOf(const model::ClusterState& state);

// Nothing is there or to be there: there is nothing to watch until somebody applies it again.
[[nodiscard]] bool IsOver(const model::ClusterState& state);

}  // namespace kadende::cli
