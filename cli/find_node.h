// The node or group that a user means.
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

// A group that the state keeps: neither renamed away nor on its way out.
[[nodiscard]] bool IsInForce(const model::GroupRecord& record);
// kNotFound: no group in force has this path. Names what is near, or what there is.
[[nodiscard]] base::Error NoGroup(const model::ClusterState& state, std::string_view path);

}  // namespace kadende::cli
