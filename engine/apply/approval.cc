#include "engine/apply/approval.h"

#include <string>

#include "engine/base/text.h"

namespace kadende::apply {
namespace {

constexpr std::size_t kNamed = 10;

// "web would lose 3 of 4 nodes (approval.destroyMoreThan is 25%)"
std::string Reasons(const model::Plan& plan) {
  std::string text;
  std::size_t named = 0;
  std::size_t more = 0;
  for (const model::PlanGroup& group : plan.groups) {
    if (!group.approval) continue;
    if (named++ >= kNamed) {
      ++more;
      continue;
    }
    const model::ApprovalNeed& need = *group.approval;
    text += (text.empty() ? "" : "; ") + group.path + " would lose " + base::GroupDigits(need.destroys) + " of " +
            base::Count(need.of, "node") + ", and approval.destroyMoreThan is " + need.limit.ToText();
  }
  return more == 0 ? text : text + "; and " + base::Count(more, "more group");
}

}  // namespace

base::Status CheckApproval(const model::Plan& plan, const std::optional<base::Digest>& approved) {
  if (approved && *approved != plan.hash) {
    return base::Fail(base::ErrorCode::kConflict, "another plan was approved: the approval is for " +
                                                      base::ToHex(*approved) + ", and this plan is " +
                                                      base::ToHex(plan.hash) + "; nothing was done, review it again");
  }
  if (approved || !plan.NeedsApproval()) return {};
  return base::Fail(base::ErrorCode::kDenied, "this plan needs an approval of its own: " + Reasons(plan) +
                                                  "; nothing was done. Who has reviewed it applies it with --approve " +
                                                  base::ToHex(plan.hash));
}

}  // namespace kadende::apply
