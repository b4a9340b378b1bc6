// Intents whose create may have had its effect, where it cannot simply be repeated: the provider has no idempotent
// tokens, or refused the repetition. They are looked for by listing, and given up only when the create timeout has
// passed since they were written and two listings lack them.
#include <algorithm>

#include "engine/apply/finisher.h"
#include "engine/apply/incarnation.h"
#include "engine/apply/retry.h"

namespace kadende::apply {
namespace {

constexpr std::uint32_t kListingsThatProve = 2;

// How long until the next listing: often enough to see a late instance soon, bounded to spare the provider.
base::Millis PollDelay(base::Millis timeout) {
  return std::clamp(timeout / 20, base::Millis(10), base::Millis(2000));
}

}  // namespace

// A listing of another place, or of one that is not there, says nothing about what is in the recorded one.
void Finisher::JudgeScope(Job& job) {
  const model::RevisionRecord* revision = State(job).Revision(job.context->revision);
  if (job.error || revision == nullptr || revision->scope.empty() || revision->scope == job.scope) return;
  job.error =
      base::Error{base::ErrorCode::kUnavailable,
                  "it is recorded in scope " + revision->scope + ", but what is listed now is " +
                      (job.scope.empty() ? "nothing" : "scope " + job.scope) + "; give access to " + revision->scope,
                  base::Effect::kNone,
                  {}};
}

Step Finisher::Looked(Job& job) {
  JudgeScope(job);
  if (job.error) {
    const base::Error error = *job.error;
    if (const auto delay = NextDelay(bench_.options.retry, job.attempts, error, job.token)) {
      return Again(job, *delay, error);
    }
    return CreateGivenUp(job, error);
  }
  if (!job.found) return NotFound(job);
  if (!job.to_be_destroyed) return Created(job);
  job.kind = JobKind::kDestroy;
  job.instance_id = job.instance.id;
  job.timeout = bench_.Policy(job.action).timeouts.destroy;
  job.attempts = 0;
  return {.verdict = Verdict::kCall};
}

Step Finisher::NotFound(Job& job) {
  ++job.misses;
  const base::Millis timeout = bench_.Policy(job.action).timeouts.create;
  if (!job.settles) {
    // A call of this run: it may still land, so it is looked for as often as it would have been repeated.
    const base::Error error = job.create_error.value_or(base::Error{});
    if (const auto delay = NextDelay(bench_.options.retry, job.attempts, error, job.token)) {
      return Again(job, *delay, error);
    }
    return CreateGivenUp(job, error);
  }
  const base::Millis age = bench_.now - job.written_at;
  if (age >= timeout && job.misses >= kListingsThatProve) return NeverCame(job);
  const base::Millis left = std::max(timeout - age, base::Millis(0));
  if (left > base::Millis(0) && bench_.options.grow_backoff) {
    // Watch comes back anyway; waiting here would hold up the cluster's other groups.
    return {.verdict = Verdict::kUnknown,
            .message = "a create of an earlier run may still land; waiting for it until " +
                       base::FormatRfc3339(job.written_at + timeout)};
  }
  job.attempts = 0;
  const base::Millis poll = PollDelay(timeout);
  if (job.misses == 1 && left > base::Millis(0)) {
    model::Event& event = bench_.Note(model::EventKind::kActionRetried, job.action, job.incarnation);
    event.message = bench_.Display(job.action) + ": a create of an earlier run may still land; looked for until " +
                    base::FormatRfc3339(job.written_at + timeout);
  }
  return {.verdict = Verdict::kLater, .message = {}, .delay = left > base::Millis(0) ? std::min(poll, left) : poll};
}

Step Finisher::NeverCame(Job& job) {
  bench_.recorder.Add(model::CreateFailed{*job.group, job.slot, job.incarnation, bench_.now});
  model::Event& event = bench_.Note(model::EventKind::kIntentSettled, job.action, job.incarnation);
  event.message = bench_.Display(job.action) + ": the create of an earlier run never came to be";
  if (job.to_be_destroyed) return {.verdict = Verdict::kDone, .message = {}, .delay = {}, .uncounted = true};
  if (job.create_error) {
    NoteCreate(job, &*job.create_error);
    return {.verdict = Verdict::kFailed, .message = job.create_error->message};
  }
  return Renew(job);
}

// Only now may a new one be asked for, under a new incarnation: the old token may not come back to life as ours.
Step Finisher::Renew(Job& job) {
  job.incarnation = std::max(job.incarnation, HighestAsked(bench_.planned.state, {*job.group, job.slot})) + 1;
  job.token = model::MakeToken(bench_.planned.state.cluster.lineage, *job.group, job.slot, job.incarnation);
  job.kind = JobKind::kCreate;
  job.instance_id.clear();
  job.timeout = bench_.Policy(job.action).timeouts.create;
  job.secrets = job.context->marks;
  job.attempts = 0;
  job.misses = 0;
  job.renew = false;
  job.settles = false;
  job.uncertain = false;
  job.written_at = bench_.now;
  bench_.recorder.Add(model::IntentWritten{bench_.IntentOf(job, model::IntentKind::kCreate)});
  return {.verdict = Verdict::kCall};
}

}  // namespace kadende::apply
