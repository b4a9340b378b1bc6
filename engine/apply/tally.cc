#include "engine/apply/tally.h"

namespace kadende::apply {
namespace {

bool IsHalf(const model::Action& action) {
  return action.replace && (action.kind == model::ActionKind::kCreate || action.kind == model::ActionKind::kDestroy);
}

}  // namespace

Tally::Tally(const model::Plan& plan) : plan_(plan) {
  for (const model::Action& action : plan.graph.actions) {
    if (IsHalf(action)) ++replacements_[Key(action)].open;
  }
}

void Tally::Done(model::ActionId id, model::ChangeCounts* counts) {
  const model::Action& action = plan_.graph.actions[id];
  if (IsHalf(action)) {
    Halves& halves = replacements_[Key(action)];
    ++(action.kind == model::ActionKind::kCreate ? halves.created : halves.destroyed);
    if (--halves.open == 0) ++counts->replace;
    return;
  }
  switch (action.kind) {
    case model::ActionKind::kCreate:
      ++counts->create;
      return;
    case model::ActionKind::kAdopt:
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

void Tally::Close(model::ChangeCounts* counts) const {
  for (const auto& [node, halves] : replacements_) {
    if (halves.open == 0) continue;
    counts->create += halves.created;
    counts->destroy += halves.destroyed;
  }
}

}  // namespace kadende::apply
