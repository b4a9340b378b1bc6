// Which incarnations of a slot are spent.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/model/cluster_state.h"

namespace kadende::apply {

// The highest that was ever asked for: of the slot's rows, and of creates whose outcome is open.
[[nodiscard]] inline std::uint32_t HighestAsked(const model::ClusterState& state, const model::NodeAddress& node) {
  const auto group = state.groups.find(node.group);
  std::uint32_t highest = group == state.groups.end() ? 0 : group->second.HighestIncarnation(node.slot.ordinal);
  for (auto intent = state.intents.lower_bound({node, 0}); intent != state.intents.end() && intent->first.first == node;
       ++intent) {
    highest = std::max(highest, intent->first.second);
  }
  return highest;
}

}  // namespace kadende::apply
