#include "engine/plan/refresh.h"

#include "engine/plan/sightings.h"

namespace kadende::plan {
namespace {

void AddOffline(const model::ClusterState& state, const Desired& desired, PriorView& view) {
  for (const auto& [path, group] : state.groups) {
    GroupView& into = view.groups[path];
    for (const auto& [key, row] : group.nodes) {
      if (row.phase == model::NodePhase::kTombstone) continue;
      NodeSight sight;
      sight.instance_id = row.instance_id;
      into.nodes.emplace_hint(into.nodes.end(), key, std::move(sight));
    }
  }
  for (const auto& [path, group] : desired.groups) view.groups[path];
}

}  // namespace

base::Result<PriorView> Refresh(const model::ClusterState& state, const Desired& desired,
                                ports::ProviderSource& providers, const RefreshOptions& options, base::TimePoint now) {
  PriorView view;
  view.offline = options.offline;
  if (options.offline) {
    AddOffline(state, desired, view);
    return view;
  }
  Sightings sightings(state, desired, providers, options, now, view);
  sightings.Expect();
  sightings.Look();
  sightings.Confirm();
  sightings.Settle();
  sightings.Finish();
  if (options.stop.stop_requested()) return base::Fail(base::ErrorCode::kCancelled, "looking at the world was stopped");
  return view;
}

}  // namespace kadende::plan
