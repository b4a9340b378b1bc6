#include "cli/watched_state.h"

#include <algorithm>
#include <set>
#include <vector>

#include "engine/base/text.h"

namespace kadende::cli {

std::string PlaceOf(const model::ClusterState& state) {
  std::set<std::string> places;
  for (const auto& [path, group] : state.groups) {
    const auto* revision = group.Revision(group.record.target.revision);
    if (revision == nullptr) revision = group.Revision(group.record.current.revision);
    if (revision != nullptr) places.insert(revision->provider.name + " " + revision->scope_config);
  }
  return base::Join(std::vector<std::string>(places.begin(), places.end()), "\n");
}

bool IsOver(const model::ClusterState& state) {
  return !state.cluster.run && state.intents.empty() &&
         std::all_of(state.groups.begin(), state.groups.end(), [](const auto& entry) {
           const model::GroupState& group = entry.second;
           return group.record.current.revision.IsZero() && group.record.target.revision.IsZero() &&
                  std::all_of(group.nodes.begin(), group.nodes.end(),
                              [](const auto& node) { return node.second.phase == model::NodePhase::kTombstone; });
         });
}

}  // namespace kadende::cli
