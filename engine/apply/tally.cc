#include "engine/apply/tally.h"

namespace kadende::apply {
namespace {

bool IsHalf(const model::Action& action) {
  return action.replace && (action.kind == model::ActionKind::kCreate || action.kind == model::ActionKind::kDestroy);
}

}  // namespace

Tally::Tally(const model::Plan& plan) : plan_(plan) {
  for (const model::Action& action : plan.graph.actions) {
    if (IsHalf(action)) ++open_[Key(action)];
  }
}

void Tally::Done(model::ActionId id, model::ChangeCounts* counts) {
  const model::Action& action = plan_.graph.actions[id];
  if (IsHalf(action)) {
    if (--open_[Key(action)] == 0) ++counts->replace;
    return;
  }
  switch (action.kind) {
    case model::ActionKind::kCreate:
    case model::ActionKind::kAdopt:
      ++counts->create;
      return;
    case model::ActionKind::kUpdate:
    case model::ActionKind::kRestart:
      ++counts->update;
      return;
    case model::ActionKind::kDestroy:
      ++counts->destroy;
      if (action.reason == model::Reason::kStray) ++counts->strays;
      return;
    case model::ActionKind::kGate:
    case model::ActionKind::kHook:
    case model::ActionKind::kDrain:
    case model::ActionKind::kForget:
    case model::ActionKind::kSet:
      return;
  }
}

}  // namespace kadende::apply
