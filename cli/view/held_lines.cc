#include "cli/view/held_lines.h"

#include <algorithm>
#include <map>
#include <utility>

#include "cli/view/plan_text.h"
#include "cli/view/style.h"
#include "engine/base/text.h"
#include "engine/plan/holds.h"

namespace kadende::cli {
namespace {

constexpr std::size_t kRangeCells = 120;

// The words of VerbPhrase are what readers of plans count, so these are others.
std::string_view WouldBe(const model::HeldChange& change) {
  if (change.replace) return "would be replaced";
  switch (change.kind) {
    case model::ActionKind::kHook:
    case model::ActionKind::kUpdate:
      return "would be changed in place";
    case model::ActionKind::kDestroy:
      return "would be taken away";
    case model::ActionKind::kForget:
      return "would leave the state";
    case model::ActionKind::kAdopt:
      return "would be taken over";
    case model::ActionKind::kCreate:
    case model::ActionKind::kGate:
    case model::ActionKind::kDrain:
    case model::ActionKind::kRestart:
    case model::ActionKind::kSet:
      break;
  }
  return "would be made";
}

}  // namespace

std::vector<std::string> HeldLines(const model::PlanGroup& group, std::size_t limit) {
  std::vector<std::string> lines;
  const std::size_t shown = std::min(limit, group.holds.size());
  for (std::size_t i = 0; i < shown; ++i) {
    lines.push_back(plan::HeldName(group.path, group.holds[i]) + " is " + plan::HoldSentence(group.holds[i]));
  }
  if (shown < group.holds.size()) {
    lines.push_back("and " + base::Count(group.holds.size() - shown, "more hold") + "; `kadende nodes` shows all");
  }
  std::map<std::pair<std::string_view, model::Reason>, std::vector<model::Slot>> changes;
  for (const model::HeldChange& change : group.held) changes[{WouldBe(change), change.reason}].push_back(change.slot);
  for (const auto& [what, slots] : changes) {
    lines.push_back("held back: " + group.path + "[" + Shorten(SlotRange(slots), kRangeCells) + "] " +
                    std::string(what.first) + ": " + std::string(ReasonPhrase(what.second)));
  }
  return lines;
}

std::string HeldSummary(const model::Plan& plan) {
  std::size_t held = 0;
  for (const model::PlanGroup& group : plan.groups) held += group.held.size();
  if (held == 0) return {};
  return base::Count(held, "change") + (held == 1 ? " is" : " are") + " held back.";
}

}  // namespace kadende::cli
