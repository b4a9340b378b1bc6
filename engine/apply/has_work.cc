#include "engine/apply/has_work.h"

#include <algorithm>

#include "engine/apply/targets.h"

namespace kadende::apply {
namespace {

// What a state that is behind the world says of its own settings is old, too: no version is published for them.
bool IsBehind(const plan::Planned& planned) {
  const auto& groups = planned.view.groups;
  return std::any_of(groups.begin(), groups.end(), [](const auto& entry) { return entry.second.behind; });
}

}  // namespace

bool HasWork(const plan::Planned& planned, const plan::PlanOptions& options) {
  const bool behind = IsBehind(planned);
  const auto& actions = planned.plan.graph.actions;
  const bool acts = std::any_of(actions.begin(), actions.end(),
                                [=](const auto& action) { return !behind || action.kind != model::ActionKind::kSet; });
  if (acts) return true;
  if (options.heal_only || behind) return false;
  if (planned.state.IsNew()) return true;
  return std::any_of(planned.plan.groups.begin(), planned.plan.groups.end(), [&](const model::PlanGroup& group) {
    if (!MayRecord(group, options)) return false;
    const auto known = planned.state.groups.find(group.path);
    if (!group.moved_from.empty() || known == planned.state.groups.end()) return true;
    // Also what a run was moving to and is not wanted any more.
    return !(known->second.record.current == group.after && known->second.record.target == group.after);
  });
}

bool HeaderChanges(const plan::Planned& planned, const plan::PlanOptions& options) {
  return !options.heal_only && options.targets.empty() && !IsBehind(planned) &&
         HeaderDiffers(planned.state.cluster, planned.desired);
}

}  // namespace kadende::apply
