#include "engine/apply/finisher.h"

#include <algorithm>

#include "engine/apply/retry.h"
#include "engine/plan/create_backoff.h"

namespace kadende::apply {
namespace {

using base::Effect;
using base::ErrorCode;
using model::EventKind;

std::string FirstAddress(const model::Instance& instance) {
  return instance.addresses.empty() ? std::string() : instance.addresses.front();
}

bool HasEnded(const model::Instance& instance) {
  return instance.status == model::InstanceStatus::kTerminated ||
         instance.status == model::InstanceStatus::kTerminating;
}

model::NodeRecord RowOf(Job& job, model::NodePhase phase, base::TimePoint now) {
  model::NodeRecord row;
  row.slot = job.slot;
  row.incarnation = job.incarnation;
  row.phase = phase;
  row.token = job.token;
  row.revision = job.context->revision;
  row.instance_id = std::move(job.instance.id);
  row.address = FirstAddress(job.instance);
  row.attributes = std::move(job.instance.attributes);
  row.created_at = now;
  row.secrets = std::move(job.secrets);
  return row;
}

}  // namespace

Step Finisher::Finish(Job& job) {
  if (job.refused) return Abandon(job);
  switch (job.kind) {
    case JobKind::kCreate:
      return job.error ? CreateError(job) : Created(job);
    case JobKind::kUpdate:
      return job.error ? UpdateError(job) : Updated(job);
    case JobKind::kDestroy:
      return job.error ? DestroyError(job) : Destroyed(job);
    case JobKind::kAdopt:
      return job.error ? AdoptError(job) : Adopted(job);
    case JobKind::kFind:
      return Looked(job);
    case JobKind::kHook:
      return HookEnded(job);
    case JobKind::kGate:  // the coordinator's health gate takes those
      return {};
    case JobKind::kCreateDestroy:
      // A definite no to the repeated create says nothing about the first one: look for that.
      if (!job.error) return Destroyed(job);
      return CreateError(job);
  }
  return {};
}

Step Finisher::Created(Job& job) {
  if (HasEnded(job.instance)) return job.settles ? ClearAway(job) : EndedAtOnce(job);
  // A slot has one live row: the old one leaves in the same commit, whether its destroy starts now or later.
  if (const model::NodeRecord* live = State(job).Live(job.slot.ordinal)) {
    if (live->incarnation != job.incarnation) {
      model::NodeRecord leaving = *live;
      leaving.phase = model::NodePhase::kLeaving;
      bench_.recorder.Add(model::NodeChanged{*job.group, std::move(leaving)});
    }
  }
  model::NodeRecord row = RowOf(job, model::NodePhase::kLive, bench_.now);
  row.unconfigured = hooking_.Has(job.action, HookStage::kConfigure);
  model::Event& event =
      bench_.Note(job.settles ? EventKind::kIntentSettled : EventKind::kNodeCreated, job.action, job.incarnation);
  event.instance_id = row.instance_id;
  event.message = bench_.Display(job.action) + " created as " + row.instance_id;
  bench_.recorder.Add(model::NodeCreated{*job.group, std::move(row)});
  LearnScope(job);
  if (hooking_.Enter(job, HookStage::kConfigure, JobKind::kHook)) return {.verdict = Verdict::kCall};
  NoteCreate(job, nullptr);
  return {};
}

// A repeated token gave back the instance of the earlier run, and that one has ended meanwhile: its token is used up.
Step Finisher::ClearAway(Job& job) {
  job.kind = JobKind::kDestroy;
  job.instance_id = job.instance.id;
  job.timeout = bench_.Policy(job.action).timeouts.destroy;
  job.attempts = 0;
  job.renew = true;
  return {.verdict = Verdict::kCall};
}

// The call succeeded, and what it made is dead already: a failed create, whose remains the next plan clears away. The
// slot's old node stays as it is; a rollout that went on would replace every healthy node with such a one.
Step Finisher::EndedAtOnce(Job& job) {
  std::string why = "ended at once";
  if (!job.instance.status_reason.empty()) why += ": " + job.instance.status_reason;
  const base::Error error{ErrorCode::kUnavailable, std::move(why), Effect::kNone, std::nullopt};
  model::NodeRecord row = RowOf(job, model::NodePhase::kLeaving, bench_.now);
  model::Event& event = bench_.Note(EventKind::kCreateFailed, job.action, job.incarnation);
  event.instance_id = row.instance_id;
  event.message = bench_.Display(job.action) + " was created as " + row.instance_id + " and " + error.message;
  bench_.recorder.Add(model::NodeCreated{*job.group, std::move(row)});
  LearnScope(job);
  NoteCreate(job, &error);
  return Failed(job, error.message);
}

Step Finisher::CreateError(Job& job) {
  const base::Error error = *job.error;
  if (error.effect == Effect::kPossible) job.uncertain = true;
  if (const auto delay = NextDelay(bench_.options.retry, job.attempts, error, job.token)) {
    // Without idempotent tokens a second call could make a second machine: look for the first one's.
    if (job.uncertain && !job.context->idempotent) {
      job.kind = JobKind::kFind;
      job.create_error = error;
    }
    return Again(job, *delay, error);
  }
  if (job.settles && error.effect == Effect::kNone && error.code != ErrorCode::kCancelled) {
    job.kind = JobKind::kFind;
    job.create_error = error;
    job.attempts = 0;
    return {.verdict = Verdict::kCall};
  }
  return CreateGivenUp(job, error);
}

Step Finisher::CreateGivenUp(Job& job, const base::Error& error) {
  NoteCreate(job, &error);
  if (job.uncertain) return Unknown(job, EventKind::kCreateFailed, error);
  bench_.recorder.Add(model::CreateFailed{*job.group, job.slot, job.incarnation, bench_.now});
  model::Event& event = bench_.Note(EventKind::kCreateFailed, job.action, job.incarnation);
  event.message = bench_.Display(job.action) + " could not be created: " + error.message;
  return Failed(job, error.message);
}

Step Finisher::Updated(Job& job) {
  const auto row = State(job).nodes.find({job.slot.ordinal, job.incarnation});
  if (row != State(job).nodes.end()) {
    model::NodeRecord changed = row->second;
    changed.revision = job.context->revision;
    changed.secrets = job.secrets;
    if (!job.instance.addresses.empty()) changed.address = FirstAddress(job.instance);
    if (job.context->keeps_attributes) changed.attributes = std::move(job.instance.attributes);
    bench_.recorder.Add(model::NodeChanged{*job.group, std::move(changed)});
  }
  model::Event& event = bench_.Note(EventKind::kNodeUpdated, job.action, job.incarnation);
  event.instance_id = job.instance_id;
  event.message = bench_.Display(job.action) + " updated: " + job.instance_id;
  return {};
}

Step Finisher::UpdateError(Job& job) {
  const base::Error error = *job.error;
  if (const auto delay = NextDelay(bench_.options.retry, job.attempts, error, job.token)) {
    return Again(job, *delay, error);
  }
  // Repeating an update does no harm, so there is no intent to keep: the next plan sees what it came to.
  model::Event& event = bench_.Note(EventKind::kUpdateFailed, job.action, job.incarnation);
  event.instance_id = job.instance_id;
  event.message = bench_.Display(job.action) + " could not be updated: " + error.message;
  return {.verdict = Verdict::kFailed, .message = error.message};
}

Step Finisher::Adopted(Job& job) {
  model::Event& event = bench_.Note(EventKind::kNodeAdopted, job.action, job.incarnation);
  event.instance_id = job.instance_id;
  event.message = bench_.Display(job.action) + " adopted: " + job.instance_id;
  bench_.recorder.Add(model::NodeCreated{*job.group, RowOf(job, model::NodePhase::kLive, bench_.now)});
  return {};
}

// Nothing of ours is lost where the instance is not there any more; any other failure is tried again by the next run.
Step Finisher::AdoptError(Job& job) {
  const base::Error error = *job.error;
  if (const auto delay = NextDelay(bench_.options.retry, job.attempts, error, job.token)) {
    return Again(job, *delay, error);
  }
  if (error.code != ErrorCode::kNotFound) return Unknown(job, EventKind::kUpdateFailed, error);
  bench_.recorder.Add(model::CreateFailed{*job.group, job.slot, job.incarnation, bench_.now});
  model::Event& event = bench_.Note(EventKind::kIntentSettled, job.action, job.incarnation);
  event.instance_id = job.instance_id;
  event.message = bench_.Display(job.action) + ": what was to be adopted is gone: " + job.instance_id;
  return {.verdict = Verdict::kFailed, .message = error.message};
}

Step Finisher::Destroyed(Job& job) {
  if (job.settles) {
    // The intent of a create that is not wanted: no row, but the incarnation stays used.
    bench_.recorder.Add(model::CreateFailed{*job.group, job.slot, job.incarnation, bench_.now});
  } else if (job.stray) {
    bench_.recorder.Add(model::IntentCleared{{*job.group, job.slot}, job.incarnation});
  } else {
    bench_.recorder.Add(model::NodeGone{*job.group, job.slot, job.incarnation, bench_.now});
  }
  model::Event& event = bench_.Note(EventKind::kNodeDestroyed, job.action, job.incarnation);
  event.instance_id = job.instance_id;
  event.message = bench_.Display(job.action) + " destroyed: " + job.instance_id;
  NoteDestroy(job, nullptr);
  if (job.renew) return Renew(job);
  const bool of_row = !job.settles && !job.stray;
  if (of_row && hooking_.Enter(job, HookStage::kAfterDestroy, JobKind::kDestroy)) return {.verdict = Verdict::kCall};
  return {};
}

Step Finisher::DestroyError(Job& job) {
  const base::Error error = *job.error;
  if (error.code == ErrorCode::kNotFound && error.effect == Effect::kNone) return Destroyed(job);
  if (error.effect == Effect::kPossible) job.uncertain = true;
  if (const auto delay = NextDelay(bench_.options.retry, job.attempts, error, job.token)) {
    return Again(job, *delay, error);
  }
  return DestroyGivenUp(job, error);
}

Step Finisher::DestroyGivenUp(const Job& job, const base::Error& error) {
  NoteDestroy(job, &error);
  if (job.uncertain || job.settles) return Unknown(job, EventKind::kDestroyFailed, error);
  // The row stays kLeaving: the next plan destroys it.
  bench_.recorder.Add(model::IntentCleared{{*job.group, job.slot}, job.incarnation});
  model::Event& event = bench_.Note(EventKind::kDestroyFailed, job.action, job.incarnation);
  event.instance_id = job.instance_id;
  event.message = bench_.Display(job.action) + " could not be destroyed: " + error.message;
  return {.verdict = Verdict::kFailed, .message = error.message};
}

Step Finisher::Abandon(Job& job) {
  if (job.kind == JobKind::kGate) return {.verdict = Verdict::kNotStarted};
  if (job.kind == JobKind::kHook) return AbandonHook(job);
  if (job.attempts == 0 && !job.create_error) return Undo(job);
  base::Error error = job.error.value_or(job.create_error.value_or(base::Error{}));
  error.message = "interrupted before it was tried again; " + error.message;
  switch (job.kind) {
    case JobKind::kCreate:
    case JobKind::kCreateDestroy:
    case JobKind::kFind:
      return CreateGivenUp(job, error);
    case JobKind::kDestroy:
      return DestroyGivenUp(job, error);
    case JobKind::kAdopt:
      return {.verdict = Verdict::kUnknown, .message = error.message};
    case JobKind::kUpdate:
      return {.verdict = Verdict::kFailed, .message = error.message};
    case JobKind::kGate:
    case JobKind::kHook:
      return {.verdict = Verdict::kNotStarted};
  }
  return {};
}

// No call was made in this run. An intent of an earlier run stays, for that run may have made one.
Step Finisher::Undo(const Job& job) {
  Step not_started{.verdict = Verdict::kNotStarted};
  if (job.settles || job.uncertain || job.kind == JobKind::kUpdate) return not_started;
  bench_.recorder.Add(model::IntentCleared{{*job.group, job.slot}, job.incarnation});
  if (!job.was_live) return not_started;
  const auto row = State(job).nodes.find({job.slot.ordinal, job.incarnation});
  if (row == State(job).nodes.end() || State(job).Live(job.slot.ordinal) != nullptr) return not_started;
  model::NodeRecord live = row->second;
  live.phase = model::NodePhase::kLive;
  bench_.recorder.Add(model::NodeChanged{*job.group, std::move(live)});
  return not_started;
}

Step Finisher::Again(const Job& job, base::Millis delay, const base::Error& error) {
  model::Event& event = bench_.Note(EventKind::kActionRetried, job.action, job.incarnation);
  event.message = bench_.Display(job.action) + ": attempt " + std::to_string(job.attempts) + " failed, again in " +
                  base::FormatDuration(delay) + ": " + error.message;
  return {.verdict = Verdict::kLater, .message = {}, .delay = delay};
}

Step Finisher::Unknown(const Job& job, EventKind kind, const base::Error& error) {
  model::Event& event = bench_.Note(kind, job.action, job.incarnation);
  event.instance_id = job.instance_id;
  event.message = bench_.Display(job.action) + ": the outcome is unknown, the next run settles it: " + error.message;
  return {.verdict = Verdict::kUnknown, .message = error.message};
}

// A place has its name from the first listing or create; from then on another answer is another place.
void Finisher::LearnScope(const Job& job) {
  if (job.scope.empty()) return;
  model::GroupRecord& record = State(job).record;
  const auto revision = std::find_if(record.revisions.begin(), record.revisions.end(), [&](const auto& candidate) {
    return candidate.id == job.context->revision && candidate.scope.empty();
  });
  if (revision == record.revisions.end()) return;
  model::GroupRecord changed = record;
  changed.revisions[static_cast<std::size_t>(revision - record.revisions.begin())].scope = job.scope;
  bench_.recorder.Add(model::GroupRecorded{std::move(changed)});
}

void Finisher::NoteCreate(const Job& job, const base::Error* error) {
  if (job.to_be_destroyed) return NoteDestroy(job, error);
  NoteOutcome(job, error, creates_[bench_.Action(job.action).group], &model::GroupRecord::backoff);
}

void Finisher::NoteDestroy(const Job& job, const base::Error* error) {
  NoteOutcome(job, error, destroys_[bench_.Action(job.action).group], &model::GroupRecord::destroy_backoff);
}

// A group's creates back off together, and so do its destroys: however many fail in one run, it is one failure. A
// success resets, but a run in which some fail has not cured the cause; nor does, for a watch, a create whose node has
// yet to show that it lasts (reconcile/remediation.h resets when it did).
void Finisher::NoteOutcome(const Job& job, const base::Error* error, GroupCalls& calls,
                           model::CreateBackoff model::GroupRecord::*backoff) {
  const bool first = error != nullptr ? !calls.failed : !calls.succeeded;
  const bool had_success = calls.succeeded;
  (error != nullptr ? calls.failed : calls.succeeded) = true;
  if (!first || (error == nullptr && calls.failed)) return;
  const bool creates = backoff == &model::GroupRecord::backoff;
  model::GroupRecord changed = State(job).record;
  model::CreateBackoff& noted = changed.*backoff;
  if (error == nullptr) {
    if (noted == plan::AfterSuccess()) return;
    if (creates && bench_.options.grow_backoff) return;
    noted = plan::AfterSuccess();
    bench_.recorder.Add(model::GroupRecorded{std::move(changed)});
    return;
  }
  if (!bench_.options.grow_backoff || error->code == ErrorCode::kCancelled) return;
  noted =
      plan::AfterFailure(had_success ? plan::AfterSuccess() : noted, creates ? job.context->revision : base::Digest{},
                         bench_.Policy(job.action), error->message, bench_.now);
  model::Event& event = bench_.Note(EventKind::kGroupBackoff, job.action, 0);
  event.slot_key.clear();
  event.message = *job.group + " holds " + (creates ? "creates" : "destroys") + " back until " +
                  base::FormatRfc3339(noted.next_at) + " after " + std::to_string(noted.failures) +
                  " failed: " + error->message;
  bench_.recorder.Add(model::GroupRecorded{std::move(changed)});
}

}  // namespace kadende::apply
