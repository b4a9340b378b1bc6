#include "engine/model/plan.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace kadende::model {
namespace {

// What makes two actions the same to a reviewer. The instance is left out: one that was healed meanwhile is rebound.
struct Facts {
  ActionKind kind = ActionKind::kCreate;
  Reason reason = Reason::kRequested;
  bool replace = false;
  base::Digest from;
  base::Digest to;

  auto operator<=>(const Facts&) const = default;
};

// Node, then facts. Strays are told apart by their instance, because a slot may have several.
using FactKey = std::tuple<std::string, std::string, Facts>;

base::Digest RevisionAt(const PlanGroup& group, std::uint16_t index) {
  return index < group.revisions.size() ? group.revisions[index].id : base::Digest{};
}

std::string Describe(const FactKey& key) {
  const Facts& facts = std::get<2>(key);
  std::string out = std::get<0>(key) + ": " + std::string(ActionKindName(facts.kind));
  if (facts.replace) out += " (replacement)";
  out += ", " + std::string(ReasonName(facts.reason));
  if (!facts.to.IsZero()) out += ", to revision " + base::ToHex(facts.to).substr(0, 12);
  if (!std::get<1>(key).empty()) out += ", instance " + std::get<1>(key);
  return out;
}

std::map<FactKey, int> FactsOf(const Plan& plan) {
  std::map<FactKey, int> facts;
  for (const Action& action : plan.graph.actions) {
    if (action.kind == ActionKind::kGate) continue;  // an order, not a change
    const PlanGroup& group = plan.groups[action.group];
    const bool whole_group = action.kind == ActionKind::kSet;
    std::string node = whole_group ? group.path : NodeAddress{group.path, action.slot}.Display();
    std::string instance = action.reason == Reason::kStray ? action.instance_id : std::string();
    ++facts[{std::move(node), std::move(instance),
             Facts{action.kind, action.reason, action.replace, RevisionAt(group, action.from_revision),
                   RevisionAt(group, action.to_revision)}}];
  }
  return facts;
}

}  // namespace

bool Plan::IsEmpty() const {
  return graph.actions.empty() && !spec_changed && !continues_run && !abandons_run && !reverses_destroy;
}

std::vector<std::string> CompareActions(const Plan& reviewed, const Plan& now) {
  std::map<FactKey, int> difference = FactsOf(now);
  for (const auto& [key, count] : FactsOf(reviewed)) difference[key] -= count;
  std::vector<std::string> lines;
  for (const auto& [key, count] : difference) {
    if (count > 0) lines.push_back("not in the reviewed plan: " + Describe(key));
    if (count < 0) lines.push_back("no longer planned: " + Describe(key));
  }
  return lines;
}

}  // namespace kadende::model
