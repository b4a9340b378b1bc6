#include "engine/apply/rollout_record.h"

#include <utility>

#include "engine/base/text.h"
#include "engine/plan/rollout_turns.h"

namespace kadende::apply {
namespace {

using model::Rollout;
using model::RolloutStop;

void Stop(Rollout& rollout, RolloutStop stop, std::string why, base::TimePoint now) {
  rollout.stop = stop;
  rollout.why = std::move(why);
  rollout.stopped_at = now;
}

// A stop that was reached before keeps its time: who plans again meanwhile does not begin the wait anew.
void Reach(Rollout& rollout, const model::PlanGroup& group, base::TimePoint now) {
  const model::RolloutPolicy& policy = group.after.policy.rollout;
  if (rollout.stop == group.rollout->stop && rollout.stopped_at != base::TimePoint{}) return;
  const std::string at = base::Count(group.rollout->renewed, "node") + " of " + std::to_string(group.after.size) +
                         (group.rollout->renewed == 1 ? " is new" : " are new");
  Stop(rollout, group.rollout->stop, at, now);
  rollout.until = {};
  if (rollout.stop == RolloutStop::kCheckpoint && policy.checkpoint_wait > base::Millis(0)) {
    rollout.until = now + policy.checkpoint_wait;
  }
}

}  // namespace

bool IsUnderWay(const model::PlanGroup& group) {
  return group.rollout && group.after.policy.rollout.strategy != model::RolloutStrategy::kOnDelete;
}

std::optional<Rollout> RolloutAtOpening(const model::PlanGroup& group, const model::GroupRecord& record,
                                        const std::string& actor, base::TimePoint now) {
  if (group.is_new || group.removed || group.before.revision.IsZero()) return std::nullopt;
  const Rollout* known = plan::RolloutTo(record, group.after.revision);
  const bool goes_back = group.before.revision == group.after.revision;
  // The way back to what is in force is remembered as well: cut off, it is neither finished nor forgotten.
  if (goes_back && record.target.revision == record.current.revision && (known == nullptr || !known->back)) {
    return std::nullopt;
  }
  if (known == nullptr) {
    Rollout rollout;
    rollout.revision = group.after.revision;
    rollout.actor = actor;
    rollout.since = rollout.progress_at = now;
    rollout.back = goes_back;
    return rollout;
  }
  Rollout rollout = *known;
  rollout.passed = plan::PassedStops(group.after.policy.rollout, group.after.size, rollout, now);
  rollout.progress_at = now;
  // What a person ordered or a policy asks for stays; what only waited for a look has had it.
  const bool stays = rollout.stop == RolloutStop::kPerson ||
                     (group.rollout && rollout.stop == group.rollout->stop && rollout.passed == known->passed);
  if (!stays) {
    Stop(rollout, RolloutStop::kNone, {}, {});
    rollout.until = {};
  }
  return rollout;
}

std::optional<Rollout> RolloutAtClosing(const model::PlanGroup& group, const std::optional<Rollout>& opened,
                                        const RolloutOutcome& outcome, base::TimePoint now) {
  if (!opened || (outcome.finished && !IsUnderWay(group))) return std::nullopt;
  Rollout rollout = *opened;
  rollout.progress_at = now;
  if (!outcome.failure.empty()) {
    const bool goes_on = !outcome.had_enough;
    Stop(rollout, goes_on ? RolloutStop::kNone : RolloutStop::kFailure, outcome.failure, now);
    if (goes_on) rollout.stopped_at = {};
  } else if (outcome.interrupted) {
    Stop(rollout, RolloutStop::kCutOff, "it was interrupted", now);
  } else if (!outcome.finished) {
    Stop(rollout, RolloutStop::kCutOff, "its run did not finish", now);
  } else if (rollout.stop != RolloutStop::kPerson) {
    Reach(rollout, group, now);
  }
  return rollout;
}

}  // namespace kadende::apply
