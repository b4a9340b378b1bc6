#include "engine/plan/take_back.h"

#include <utility>

#include "engine/plan/group_facts.h"

namespace kadende::plan {
namespace {

using model::NodeRecord;

class SlotsOfGroup {
 public:
  SlotsOfGroup(const model::ClusterState& state, const model::GroupState& group, const GroupView& view,
               model::StateChanges& changes)
      : state_(state), group_(group), view_(view), changes_(changes) {}

  void TakeBack(const base::Digest& wanted) {
    for (const auto& [key, row] : group_.nodes) {
      if (row.phase != model::NodePhase::kLeaving || row.revision != wanted || row.unconfigured) continue;
      const NodeRecord* live = group_.Live(key.ordinal);
      if (live == nullptr || live->revision == wanted || !IsThere(key, row)) continue;
      Put(*live, model::NodePhase::kLeaving);
      Put(row, model::NodePhase::kLive);
    }
  }

 private:
  // Seen, well, and not being destroyed.
  [[nodiscard]] bool IsThere(const model::NodeRowKey& key, const NodeRecord& row) const {
    const auto sight = view_.nodes.find(key);
    if (sight == view_.nodes.end() || sight->second.sight != Sight::kPresent || !CountsAsLive(sight->second))
      return false;
    return !state_.intents.contains({{group_.record.path, row.slot}, row.incarnation});
  }

  void Put(NodeRecord row, model::NodePhase phase) {
    row.phase = phase;
    changes_.emplace_back(model::NodeChanged{group_.record.path, std::move(row)});
  }

  const model::ClusterState& state_;
  const model::GroupState& group_;
  const GroupView& view_;
  model::StateChanges& changes_;
};

}  // namespace

model::StateChanges TakeBack(const model::ClusterState& state, const Desired& desired, const PriorView& view) {
  model::StateChanges changes;
  for (const auto& [path, wanted] : desired.groups) {
    const auto group = state.groups.find(path);
    const auto seen = view.groups.find(path);
    if (group == state.groups.end() || seen == view.groups.end() || !seen->second.frozen.empty()) continue;
    SlotsOfGroup(state, group->second, seen->second, changes).TakeBack(wanted.revision.id);
  }
  return changes;
}

}  // namespace kadende::plan
