// The place that a user means, whether or not it has a node. Pure.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/model/cluster_state.h"

namespace kadende::plan {

// "web[3]", "data/db[a]", or node.name. In a group of `size` any number is a place; in one of logicalIds those of the
// list, and those that were once. kNotFound, with the groups there are, for a group that has none; kInvalid for a place
// that the group cannot have.
[[nodiscard]] base::Result<model::NodeAddress> FindSlot(const model::ClusterState& state, std::string_view text);

}  // namespace kadende::plan
