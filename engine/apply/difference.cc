#include "engine/apply/difference.h"

#include <utility>

namespace kadende::apply {
namespace {

// Walks two sorted maps side by side.
template <class Map, class Gone, class Put>
void Compare(const Map& from, const Map& to, const Gone& gone, const Put& put) {
  auto old = from.begin();
  for (const auto& [key, value] : to) {
    while (old != from.end() && old->first < key) gone((old++)->first);
    const bool known = old != from.end() && !(key < old->first);
    put(key, value, known ? &old->second : nullptr);
    if (known) ++old;
  }
  while (old != from.end()) gone((old++)->first);
}

void CompareGroups(const model::GroupState* from, const std::string& path, const model::GroupState& to,
                   model::StateChanges& changes) {
  if (from == nullptr || !(from->record == to.record)) changes.emplace_back(model::GroupRecorded{to.record});
  static const model::GroupState kNone;
  Compare((from != nullptr ? *from : kNone).nodes, to.nodes,
          [&](const model::NodeRowKey& key) {
            changes.emplace_back(model::RowErased{path, key});
          },
          [&](const model::NodeRowKey& /*key*/, const model::NodeRecord& node, const model::NodeRecord* old) {
            if (old == nullptr || !(*old == node)) changes.emplace_back(model::NodeChanged{path, node});
          });
}

}  // namespace

model::StateChanges Difference(const model::ClusterState& from, const model::ClusterState& to) {
  model::StateChanges changes;
  if (!(from.cluster == to.cluster)) changes.emplace_back(model::ClusterRecorded{to.cluster});
  Compare(
      from.groups, to.groups, [&](const std::string& path) { changes.emplace_back(model::GroupErased{path}); },
      [&](const std::string& path, const model::GroupState& group, const model::GroupState* old) {
        CompareGroups(old, path, group, changes);
      });
  Compare(
      from.intents, to.intents,
      [&](const auto& key) {
        changes.emplace_back(model::IntentCleared{key.first, key.second});
      },
      [&](const auto& /*key*/, const model::Intent& intent, const model::Intent* old) {
        if (old == nullptr || !(*old == intent)) changes.emplace_back(model::IntentWritten{intent});
      });
  return changes;
}

model::StateChanges ReplaceBy(const model::ClusterState& from, const model::ClusterState& to) {
  model::StateChanges changes = Difference(from, to);
  changes.emplace_back(model::Published{to.cluster.serial, to.cluster.commit});
  return changes;
}

}  // namespace kadende::apply
