#include "engine/plan/refusals.h"

#include <algorithm>
#include <map>
#include <utility>

#include "engine/base/text.h"
#include "engine/plan/holds.h"

namespace kadende::plan {
namespace {

constexpr std::size_t kMaxNamed = 10;

std::string Names(const std::vector<std::string>& nodes) {
  std::vector<std::string> some(nodes.begin(),
                                nodes.begin() + static_cast<std::ptrdiff_t>(std::min(nodes.size(), kMaxNamed)));
  std::string names = base::Join(some, ", ");
  if (nodes.size() > some.size()) names += " and " + std::to_string(nodes.size() - some.size()) + " more";
  return names;
}

}  // namespace

void RefuseProtected(const std::string& path, const std::vector<std::string>& nodes, base::Diagnostics& diagnostics) {
  if (nodes.empty()) return;
  diagnostics.Error("groups." + path + ".preventDestroy",
                    "this plan would destroy " + Names(nodes) + ", which preventDestroy forbids", {},
                    "set preventDestroy: false and apply that first, or take the change back");
}

void RefuseHeld(const GroupInput& input, const model::PlanGroup& group, bool destroy, base::Diagnostics& diagnostics) {
  std::map<const model::Hold*, std::vector<std::string>> refused;
  const Holds holds(input.prior == nullptr ? nullptr : &input.prior->record, input.now);
  for (const model::HeldChange& change : group.held) {
    if (!destroy && !input.replaces.contains(change.slot.ordinal)) continue;
    refused[holds.On(change.slot, {model::kAllProcesses})].push_back(
        model::NodeAddress{group.path, change.slot}.Display());
  }
  for (const model::Hold& hold : holds.in_force()) {
    const auto found = refused.find(&hold);
    if (found == refused.end()) continue;
    diagnostics.Error(
        "groups." + group.path,
        Names(found->second) + (found->second.size() == 1 ? " is " : " are ") + HoldSentence(hold), {},
        "`kadende unhold " + HeldName(group.path, hold) + "` lets go of it, or leave it out of what is asked for");
  }
}

void RefuseReplacements(const GroupInput& input, const GroupDiff& diff, const model::PlanGroup& group,
                        base::Diagnostics& diagnostics) {
  if (input.desired == nullptr) return;
  if (input.desired->target.policy.rollout.strategy != model::RolloutStrategy::kInPlace) return;
  const auto rolls = std::count_if(diff.changes.begin(), diff.changes.end(), [](const NodeChange& change) {
    return change.kind == ChangeKind::kReplace && change.reason == model::Reason::kRevisionChanged;
  });
  if (rolls == 0) return;
  std::string why;
  for (const model::PropertyChange& change : group.properties) {
    if (change.forces_replacement) why += (why.empty() ? ", which these changes need: " : ", ") + change.path;
  }
  diagnostics.Error("groups." + input.path + ".rollout.strategy",
                    "strategy in-place forbids that " + base::Count(static_cast<std::uint64_t>(rolls), "node") +
                        (rolls == 1 ? " is replaced" : " are replaced") + why,
                    {}, "choose another strategy, or take the change back");
}

void RefuseTogether(const DesiredGroup& desired, bool destroy_first, const std::string& why,
                    base::Diagnostics& diagnostics) {
  if (!destroy_first || desired.target.policy.rollout.strategy != model::RolloutStrategy::kBlueGreen) return;
  diagnostics.Error("groups." + desired.path + ".rollout.strategy",
                    "blue-green has old and new nodes together, which cannot be: " + why, {},
                    "choose another strategy, or take that out");
}

}  // namespace kadende::plan
