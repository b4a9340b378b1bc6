// README.md of a published tree: what a person sees who opens the branch on a code host.
#pragma once

#include <string>

#include "engine/model/cluster_state.h"

namespace kadende::state {

// Of headers alone, so that healing changes nothing in it. Same state, same bytes.
[[nodiscard]] std::string EncodeReadme(const model::ClusterState& state);

}  // namespace kadende::state
