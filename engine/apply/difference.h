// What makes a store that has one state hold another one. Pure; linear in both, and its result as large as what
// differs.
#pragma once

#include "engine/model/cluster_state.h"

namespace kadende::apply {

// Rows, headers and intents that differ are put, those that `to` lacks are erased. Dirty marks are what the changes
// leave.
[[nodiscard]] model::StateChanges Difference(const model::ClusterState& from, const model::ClusterState& to);

// The same, and nothing is left to publish: `to` is the published version that its header names.
[[nodiscard]] model::StateChanges ReplaceBy(const model::ClusterState& from, const model::ClusterState& to);

}  // namespace kadende::apply
