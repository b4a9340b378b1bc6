// Hooks as stages of a create or a destroy: the job goes to a worker once more for each of them, and waits between
// attempts where one says "not yet". Decides what runs and what follows from it; nothing here runs anything.
//
// A node is recorded before it is configured, with a mark: whatever is cut off in between, the next plan goes on there.
// A create whose hooks fail is a failed create: the node leaves, and the one that it was to replace stays. A destroy is
// held up by no hook for longer than its limit (SEMANTICS 5: launch -> abandon, terminate -> continue).
#pragma once

#include <optional>

#include "engine/apply/step.h"

namespace kadende::apply {

class Hooking {
 public:
  explicit Hooking(Workbench& bench) : bench_(bench) {}

  [[nodiscard]] bool Has(model::ActionId action, HookStage stage) const;
  // True: the job is to go to a worker for that stage, and to `next` after it. False: nothing runs there, and it is as
  // it was.
  [[nodiscard]] bool Enter(Job& job, HookStage stage, JobKind next);

  // What one attempt came to.
  enum class Progress : std::uint8_t { kOver, kNext, kLater, kFailed };
  [[nodiscard]] Progress Take(Job& job) const;
  [[nodiscard]] static base::Millis Pause();  // before the next attempt of one that said "not yet"

  void Note(const Job& job, const base::Error& error);
  [[nodiscard]] std::string Failure(const Job& job, const base::Error& error) const;

 private:
  [[nodiscard]] std::vector<HookRun> RunsOf(const Job& job, HookStage stage) const;
  void AddDrain(const Job& job, const model::GroupPolicy& policy, std::vector<HookRun>& runs) const;
  [[nodiscard]] const model::NodeRecord* Row(const Job& job) const;
  [[nodiscard]] std::optional<model::NodeHealth> Health(const Job& job) const;
  [[nodiscard]] bool NeverJoined(const Job& job, const model::GroupPolicy& policy) const;
  [[nodiscard]] bool IsUnreachable(const Job& job) const;
  void TellFacts(Job& job) const;

  Workbench& bench_;
};

}  // namespace kadende::apply
