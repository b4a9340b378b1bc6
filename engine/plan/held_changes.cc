#include "engine/plan/held_changes.h"

#include <algorithm>
#include <utility>

namespace kadende::plan {
namespace {

using model::ActionKind;

ActionKind KindOf(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kForget:
      return ActionKind::kForget;
    case ChangeKind::kDestroy:
      return ActionKind::kDestroy;
    case ChangeKind::kAdopt:
      return ActionKind::kAdopt;
    case ChangeKind::kUpdate:
      return ActionKind::kUpdate;
    case ChangeKind::kConfigure:
      return ActionKind::kHook;
    case ChangeKind::kCreate:
    case ChangeKind::kReplace:
      break;
  }
  return ActionKind::kCreate;
}

}  // namespace

model::Processes ProcessesOf(const NodeChange& change) {
  using model::Process;
  model::Processes does;
  const bool rolls = change.reason == model::Reason::kRevisionChanged || change.reason == model::Reason::kSecretChanged;
  switch (change.kind) {
    case ChangeKind::kForget:  // with the create that waits for it
    case ChangeKind::kAdopt:
    case ChangeKind::kCreate:
    case ChangeKind::kConfigure:  // the rest of a create that was cut off
      does.Add(Process::kCreate);
      break;
    case ChangeKind::kReplace:
      does.Add(Process::kCreate);
      if (!change.old_exists) break;  // of something gone: nothing is destroyed
      does.Add(Process::kDestroy);
      does.Add(Process::kReplace);
      if (rolls) does.Add(Process::kRollout);
      if (change.reason == model::Reason::kUnhealthy) does.Add(Process::kRemediate);
      break;
    case ChangeKind::kDestroy:
      does.Add(Process::kDestroy);
      if (change.reason == model::Reason::kSizeDown) does.Add(Process::kScaleIn);
      break;
    case ChangeKind::kUpdate:
      does.Add(Process::kRollout);
      break;
  }
  return does;
}

bool HeldChanges::Add(const NodeChange& change) {
  // A node that is gone is forgotten and created: to a reader one thing.
  const bool is_its_create = change.kind == ChangeKind::kCreate && !held_.empty() &&
                             held_.back().kind == ActionKind::kForget && held_.back().slot == change.slot;
  if (is_its_create) held_.pop_back();
  held_.push_back({KindOf(change.kind), change.reason, change.kind == ChangeKind::kReplace, change.slot});
  return change.kind == ChangeKind::kReplace || change.kind == ChangeKind::kUpdate ||
         (change.kind == ChangeKind::kDestroy && change.in_dependency_order);
}

std::vector<model::HeldChange> HeldChanges::Take() {
  std::stable_sort(held_.begin(), held_.end(),
                   [](const auto& a, const auto& b) { return a.slot.ordinal < b.slot.ordinal; });
  return std::move(held_);
}

}  // namespace kadende::plan
