// From a ready action to a provider call: the last checks, the intent, and the job. Nothing here calls a provider.
#pragma once

#include "engine/apply/hooking.h"
#include "engine/apply/step.h"

namespace kadende::apply {

class Starter {
 public:
  Starter(Workbench& bench, Hooking& hooking) : bench_(bench), hooking_(hooking) {}

  // kCall: `job` is filled in, and the intent is in the recorder. kDone, kFailed: there is nothing to call.
  [[nodiscard]] Step Start(model::ActionId action, Job& job);

 private:
  [[nodiscard]] Step StartCreate(model::ActionId action, Job& job);
  [[nodiscard]] Step StartDestroy(model::ActionId action, Job& job);
  [[nodiscard]] Step DestroyRow(model::ActionId action, Job& job, model::NodeRecord row);
  [[nodiscard]] Step DestroyStray(model::ActionId action, Job& job, const plan::UnrecordedInstance& stray);
  [[nodiscard]] Step RepeatDestroy(model::ActionId action, Job& job, const model::Intent& intent);
  [[nodiscard]] Step StartConfigure(model::ActionId action, Job& job);
  [[nodiscard]] Step StartUpdate(model::ActionId action, Job& job);
  [[nodiscard]] std::string MarksAfterUpdate(const model::NodeRecord& row, const RevisionContext& context) const;
  [[nodiscard]] Step Adopt(model::ActionId action);
  [[nodiscard]] Step GoOnAdopting(model::ActionId action, Job& job);
  [[nodiscard]] Step DropAdoption(model::ActionId action);
  [[nodiscard]] Step Forget(model::ActionId action);
  [[nodiscard]] Step Settle(model::ActionId action, Job& job, const model::Intent& intent);

  [[nodiscard]] bool IsGone(model::ActionId action) const;
  [[nodiscard]] bool HasRecovered(model::ActionId action, const model::NodeRecord& row) const;
  [[nodiscard]] base::Status RetireGone(model::ActionId action);
  void NoteGone(model::ActionId action, const model::NodeRecord& gone);
  void WriteIntent(const Job& job, model::IntentKind kind, const plan::UnrecordedInstance* stray = nullptr);
  [[nodiscard]] const model::NodeRecord* Row(model::ActionId action) const;
  [[nodiscard]] const plan::UnrecordedInstance* Stray(model::ActionId action) const;
  [[nodiscard]] const model::Intent* OpenIntent(model::ActionId action) const;
  [[nodiscard]] const plan::GroupView* View(model::ActionId action) const;

  Workbench& bench_;
  Hooking& hooking_;
};

}  // namespace kadende::apply
