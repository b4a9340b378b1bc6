#include "engine/apply/trailers.h"

#include <cstdint>
#include <unordered_set>

#include "engine/ports/history.h"

namespace kadende::apply {
namespace {

using model::Action;
using model::ActionKind;

std::uint64_t PlaceOf(const Action& action) {
  return (static_cast<std::uint64_t>(action.group) << 32) | action.slot.ordinal;
}

// Whether a reader counts it: steps are no changes, a replacement is counted by its create, and so is the node that is
// made anew for one that is gone.
bool Counts(const Action& action, const std::unordered_set<std::uint64_t>& created) {
  switch (action.kind) {
    case ActionKind::kCreate:
    case ActionKind::kUpdate:
    case ActionKind::kHook:
    case ActionKind::kAdopt:
    case ActionKind::kSet:
      return true;
    case ActionKind::kDestroy:
      return !action.replace;
    case ActionKind::kForget:
      return !created.contains(PlaceOf(action));
    case ActionKind::kGate:
    case ActionKind::kDrain:
    case ActionKind::kRestart:
      return false;
  }
  return false;
}

std::string Reasons(const model::Plan& plan) {
  std::unordered_set<std::uint64_t> created;
  for (const Action& action : plan.graph.actions) {
    if (action.kind == ActionKind::kCreate) created.insert(PlaceOf(action));
  }
  std::map<model::Reason, std::uint64_t> counts;
  for (const Action& action : plan.graph.actions) {
    if (Counts(action, created)) ++counts[action.reason];
  }
  std::string text;
  for (const auto& [reason, count] : counts) {
    text.append(text.empty() ? "" : ", ").append(model::ReasonName(reason)).append(" ").append(std::to_string(count));
  }
  return text;
}

}  // namespace

std::map<std::string, std::string> TrailersOf(const model::Plan& plan) {
  std::map<std::string, std::string> trailers;
  if (std::string reasons = Reasons(plan); !reasons.empty()) {
    trailers.emplace(ports::kReasonsTrailer, std::move(reasons));
  }
  if (!plan.rollback.empty()) trailers.emplace(ports::kRollbackTrailer, plan.rollback);
  return trailers;
}

std::string RollbackSerial(const model::Plan& plan) {
  return plan.rollback.substr(0, plan.rollback.find(' '));
}

}  // namespace kadende::apply
