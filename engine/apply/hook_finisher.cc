// What follows from a stage of hooks: see hooking.h. Beside finisher.cc, which has the answers of providers.
#include <algorithm>
#include <utility>

#include "engine/apply/finisher.h"

namespace kadende::apply {

using model::EventKind;

Step Finisher::HookEnded(Job& job) {
  switch (hooking_.Take(job)) {
    case Hooking::Progress::kOver:
      return StageOver(job);
    case Hooking::Progress::kNext:
      return {.verdict = Verdict::kCall};
    case Hooking::Progress::kLater:
      return Again(job, Hooking::Pause(), *job.error);
    case Hooking::Progress::kFailed:
      break;
  }
  if (job.error->code == base::ErrorCode::kCancelled) return AbandonHook(job);
  return StageFailed(job);
}

Step Finisher::StageOver(Job& job) {
  job.attempts = 0;
  job.kind = job.next;
  switch (job.stage) {
    case HookStage::kConfigure:
      return Configured(job);
    case HookStage::kAfterDestroy:
      return {};
    case HookStage::kOnFailure:
      return {.verdict = Verdict::kFailed, .message = job.failure};
    case HookStage::kBeforeDestroy:
      // A drain may take long: what was judged before it is judged again.
      if (!HasRecovered(job)) return {.verdict = Verdict::kCall};
      (void)Undo(job);
      return {.verdict = Verdict::kFailed,
              .message = bench_.Display(job.action) + " is healthy again: it was left alone"};
    case HookStage::kBeforeCreate:
    case HookStage::kNone:
      break;
  }
  return {.verdict = Verdict::kCall};
}

Step Finisher::StageFailed(Job& job) {
  const base::Error error = *job.error;
  hooking_.Note(job, error);
  switch (job.stage) {
    case HookStage::kBeforeCreate:
      job.kind = job.next;
      return CreateGivenUp(job, {error.code, hooking_.Failure(job, error), base::Effect::kNone, std::nullopt});
    case HookStage::kConfigure:
      return ConfigureFailed(job, error);
    case HookStage::kBeforeDestroy:
    case HookStage::kAfterDestroy:
    case HookStage::kOnFailure:
    case HookStage::kNone:
      break;
  }
  // What ends is not held up: the next hook has its turn.
  job.hook_since = bench_.now;
  job.attempts = 0;
  if (++job.hook < job.hooks.size()) return {.verdict = Verdict::kCall};
  return StageOver(job);
}

Step Finisher::Configured(const Job& job) {
  const auto row = State(job).nodes.find({job.slot.ordinal, job.incarnation});
  if (row != State(job).nodes.end()) {
    model::NodeRecord configured = row->second;
    configured.unconfigured = false;
    bench_.recorder.Add(model::NodeChanged{*job.group, std::move(configured)});
  }
  model::Event& event = bench_.Note(EventKind::kNodeConfigured, job.action, job.incarnation);
  event.instance_id = job.facts.instance_id;
  event.message = bench_.Display(job.action) + " configured: " + job.facts.instance_id;
  NoteCreate(job, nullptr);
  return {};
}

// As a create that failed, but that there is something: it leaves, and the next plan clears it away.
Step Finisher::ConfigureFailed(Job& job, const base::Error& error) {
  const auto row = State(job).nodes.find({job.slot.ordinal, job.incarnation});
  if (row != State(job).nodes.end()) {
    model::NodeRecord leaving = row->second;
    leaving.phase = model::NodePhase::kLeaving;
    bench_.recorder.Add(model::NodeChanged{*job.group, std::move(leaving)});
    PutBackReplaced(job);
  }
  const std::string message = hooking_.Failure(job, error);
  model::Event& event = bench_.Note(EventKind::kCreateFailed, job.action, job.incarnation);
  event.instance_id = job.facts.instance_id;
  event.message = bench_.Display(job.action) + " could not be configured: " + job.facts.instance_id + " leaves";
  const base::Error failed{error.code, message, base::Effect::kNone, std::nullopt};
  NoteCreate(job, &failed);
  return Failed(job, message);
}

// The instance that was to be replaced is still there, unless its destroy has begun: it is the slot's node again.
void Finisher::PutBackReplaced(const Job& job) {
  const model::GroupState& group = State(job);
  const model::NodeRecord* replaced = nullptr;
  for (auto row = group.nodes.lower_bound({job.slot.ordinal, 0});
       row != group.nodes.end() && row->first < model::NodeRowKey{job.slot.ordinal, job.incarnation}; ++row) {
    const model::NodeRecord& node = row->second;
    const bool going = bench_.planned.state.intents.contains({{*job.group, node.slot}, node.incarnation});
    if (node.phase == model::NodePhase::kLeaving && !node.unconfigured && !going) replaced = &node;
  }
  if (replaced == nullptr) return;
  model::NodeRecord live = *replaced;
  live.phase = model::NodePhase::kLive;
  bench_.recorder.Add(model::NodeChanged{*job.group, std::move(live)});
}

bool Finisher::HasRecovered(const Job& job) const {
  if (job.reason != model::Reason::kUnhealthy || bench_.health == nullptr || !job.was_live) return false;
  const model::NodeHealth health =
      bench_.health->Of(bench_.planned.state.cluster.lineage, *job.group, {job.slot.ordinal, job.incarnation});
  return health.state == model::HealthState::kHealthy;
}

// The run stops in the middle of a stage. What was begun is begun again by the next run: hooks may run twice.
Step Finisher::AbandonHook(const Job& job) {
  switch (job.stage) {
    case HookStage::kAfterDestroy:
      return {};
    case HookStage::kOnFailure:
      return {.verdict = Verdict::kFailed, .message = job.failure};
    case HookStage::kBeforeCreate:
    case HookStage::kBeforeDestroy:
      return Undo(job);
    case HookStage::kConfigure:
    case HookStage::kNone:
      break;
  }
  return {.verdict = Verdict::kNotStarted};
}

Step Finisher::Failed(Job& job, std::string message) {
  if (!hooking_.Enter(job, HookStage::kOnFailure, job.kind)) {
    return {.verdict = Verdict::kFailed, .message = std::move(message)};
  }
  job.failure = std::move(message);
  return {.verdict = Verdict::kCall};
}

}  // namespace kadende::apply
