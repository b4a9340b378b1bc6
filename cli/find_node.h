// The node that a user means.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/model/cluster_state.h"

namespace kadende::cli {

struct FoundNode {
  std::string group;
  model::NodeRecord record;  // the live row
};

// "web[0]", "data/db[a]" or a node.name. kNotFound suggests what is near.
[[nodiscard]] base::Result<FoundNode> FindNode(const model::ClusterState& state, std::string_view text);

}  // namespace kadende::cli
