#include "engine/plan/approval.h"

#include <algorithm>

namespace kadende::plan {
namespace {

using model::ActionKind;
using model::Reason;

struct Losses {
  std::uint32_t for_good = 0;
  std::uint32_t replaced = 0;  // of what still exists
};

std::vector<Losses> Count(const model::Plan& plan) {
  std::vector<Losses> losses(plan.groups.size());
  for (const model::Action& action : plan.graph.actions) {
    if (action.kind != ActionKind::kDestroy) continue;
    Losses& of = losses[action.group];
    if (action.replace) {
      of.replaced += action.reason == Reason::kTerminated ? 0 : 1;
    } else if (action.reason == Reason::kSizeDown || action.reason == Reason::kGroupRemoved) {
      ++of.for_good;
    }
  }
  return losses;
}

std::uint32_t AwayAtOnce(const model::PlanGroup& group, const Losses& losses) {
  if (!group.destroy_first || losses.replaced == 0) return 0;
  const std::uint32_t lanes = group.after.policy.rollout.max_unavailable.RoundDown(group.after.size);
  return std::min(losses.replaced, std::max<std::uint32_t>(lanes, 1));
}

}  // namespace

void MarkApprovals(const std::vector<std::vector<model::CountOrPercent>>& limits, model::Plan& plan) {
  const std::vector<Losses> losses = Count(plan);
  for (std::size_t i = 0; i < plan.groups.size(); ++i) {
    model::PlanGroup& group = plan.groups[i];
    model::ApprovalNeed need;
    need.destroys = losses[i].for_good + AwayAtOnce(group, losses[i]);
    need.of = group.counts.unchanged + group.counts.update + losses[i].replaced + losses[i].for_good;
    if (limits[i].empty() || need.destroys == 0) continue;
    need.limit = *std::min_element(limits[i].begin(), limits[i].end(), [&](const auto& a, const auto& b) {
      return a.RoundDown(need.of) < b.RoundDown(need.of);
    });
    if (need.destroys > need.limit.RoundDown(need.of)) group.approval = need;
  }
}

}  // namespace kadende::plan
