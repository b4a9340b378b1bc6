#include "engine/model/plan.h"

#include <algorithm>

namespace kadende::model {

bool Plan::IsEmpty() const {
  return graph.actions.empty() && !spec_changed && plugins.empty() && !continues_run && !abandons_run &&
         !reverses_destroy;
}

bool Plan::NeedsApproval() const {
  return std::any_of(groups.begin(), groups.end(), [](const PlanGroup& group) { return group.approval.has_value(); });
}

}  // namespace kadende::model
