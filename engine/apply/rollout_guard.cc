#include "engine/apply/rollout_guard.h"

#include "engine/base/text.h"

namespace kadende::apply {

using model::ActionKind;
using model::Reason;

bool IsOfRollout(const model::Action& action) {
  if (action.kind == ActionKind::kGate) return action.reason == Reason::kReplaced && !action.OfWholeGroup();
  const bool rolls = action.reason == Reason::kRevisionChanged || action.reason == Reason::kSecretChanged;
  return rolls && (action.replace || action.kind == ActionKind::kUpdate);
}

RolloutGuard::RolloutGuard(const model::Plan& plan, bool judges)
    : plan_(plan), judges_(judges), groups_(plan.groups.size()) {}

void RolloutGuard::Failed(model::ActionId id, const std::string& why) {
  const model::Action& action = plan_.graph.actions[id];
  // An old node that cannot be destroyed says nothing about the new ones.
  if (!judges_ || !IsOfRollout(action) || action.kind == ActionKind::kDestroy) return;
  const model::PlanGroup& planned = plan_.groups[action.group];
  const model::RolloutPolicy& policy = planned.after.policy.rollout;
  Group& group = groups_[action.group];
  ++group.failed;
  group.why =
      base::Count(group.failed, "new node") + " failed, " + policy.failure_threshold.ToText() +
      " may (rollout.failureThreshold); the last one: " + model::NodeAddress{planned.path, action.slot}.Display() +
      (why.empty() ? "" : ": " + why);
  group.enough = policy.on_failure != model::OnFailure::kContinue &&
                 group.failed > policy.failure_threshold.RoundDown(planned.after.size);
}

bool RolloutGuard::Halts(model::ActionId id) const {
  const model::Action& action = plan_.graph.actions[id];
  if (!groups_[action.group].enough || !IsOfRollout(action)) return false;
  // The create of a slot whose old node went first is what it needs now.
  const ActionKind begins = plan_.groups[action.group].destroy_first ? ActionKind::kDestroy : ActionKind::kCreate;
  return (action.kind == begins && !action.settle) || action.kind == ActionKind::kUpdate;
}

}  // namespace kadende::apply
