// From a provider's answer to what is recorded of it: rows, intents, events, and whether to call again. Nothing here
// calls a provider. What becomes of an intent whose call may have had its effect is decided in settle.cc.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "engine/apply/hooking.h"
#include "engine/apply/step.h"

namespace kadende::apply {

class Finisher {
 public:
  Finisher(Workbench& bench, Hooking& hooking) : bench_(bench), hooking_(hooking) {}

  // A job came back from a worker.
  [[nodiscard]] Step Finish(Job& job);
  // The run stops: this job waits for a worker or for its next attempt, and will not get it.
  [[nodiscard]] Step Abandon(Job& job);

 private:
  struct GroupCalls {
    bool succeeded = false;
    bool failed = false;
  };

  [[nodiscard]] Step Created(Job& job);
  [[nodiscard]] Step ClearAway(Job& job);
  [[nodiscard]] Step EndedAtOnce(Job& job);
  [[nodiscard]] Step CreateError(Job& job);
  [[nodiscard]] Step CreateGivenUp(Job& job, const base::Error& error);
  [[nodiscard]] Step Updated(Job& job);
  [[nodiscard]] Step Adopted(Job& job);
  [[nodiscard]] Step AdoptError(Job& job);
  [[nodiscard]] Step UpdateError(Job& job);
  [[nodiscard]] Step Destroyed(Job& job);
  [[nodiscard]] Step DestroyError(Job& job);
  [[nodiscard]] Step DestroyGivenUp(const Job& job, const base::Error& error);
  [[nodiscard]] Step Undo(const Job& job);
  [[nodiscard]] Step Again(const Job& job, base::Millis delay, const base::Error& error);
  [[nodiscard]] Step Unknown(const Job& job, model::EventKind kind, const base::Error& error);

  // settle.cc
  [[nodiscard]] Step Looked(Job& job);
  void JudgeScope(Job& job);
  [[nodiscard]] Step NotFound(Job& job);
  [[nodiscard]] Step NeverCame(Job& job);
  [[nodiscard]] Step Renew(Job& job);

  void LearnScope(const Job& job);
  void NoteCreate(const Job& job, const base::Error* error);
  void NoteDestroy(const Job& job, const base::Error* error);
  void NoteOutcome(const Job& job, const base::Error* error, GroupCalls& calls,
                   model::CreateBackoff model::GroupRecord::*backoff);
  [[nodiscard]] model::GroupState& State(const Job& job) { return bench_.planned.state.groups[*job.group]; }

  // hook_finisher.cc
  [[nodiscard]] Step HookEnded(Job& job);
  [[nodiscard]] Step StageOver(Job& job);
  [[nodiscard]] Step StageFailed(Job& job);
  [[nodiscard]] Step Configured(const Job& job);
  [[nodiscard]] Step ConfigureFailed(Job& job, const base::Error& error);
  void PutBackReplaced(const Job& job);
  [[nodiscard]] bool HasRecovered(const Job& job) const;
  [[nodiscard]] Step AbandonHook(const Job& job);
  [[nodiscard]] Step Failed(Job& job, std::string message);

  Workbench& bench_;
  Hooking& hooking_;
  std::map<std::uint32_t, GroupCalls> creates_;   // by group index
  std::map<std::uint32_t, GroupCalls> destroys_;  // by group index
};

}  // namespace kadende::apply
