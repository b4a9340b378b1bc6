#include "engine/reconcile/rollout.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/base/text.h"
#include "engine/plan/holds.h"
#include "engine/plan/rollout_turns.h"
#include "engine/reconcile/census.h"
#include "engine/reconcile/quorum.h"
#include "engine/reconcile/work.h"

namespace kadende::reconcile {
namespace {

using model::NodeRecord;
using model::RolloutStop;

constexpr base::TimePoint kNever{};

// What a batch does to a node.
constexpr model::Processes kRolling{
    model::Processes::Bit(model::Process::kCreate) | model::Processes::Bit(model::Process::kDestroy) |
    model::Processes::Bit(model::Process::kRollout) | model::Processes::Bit(model::Process::kReplace)};

class GroupRollout {
 public:
  explicit GroupRollout(const RemediationInput& input)
      : in_(input),
        record_(input.group->record),
        target_(record_.target),
        policy_(target_.policy.rollout),
        wall_(input.now + input.wall_ahead),
        census_(TakeCensus(input, target_.policy)),
        holds_(&record_, wall_) {}

  RolloutStep Run() {
    step_.rollout = record_.rollout;
    Count();
    if (IsDone()) {
      step_.finished = true;
      step_.rollout.reset();
      return std::move(step_);
    }
    HoldFormer();
    PassCheckpoint();
    if (!IsStopped() && !Failed() && !IsStale()) Roll();
    Note();
    return std::move(step_);
  }

 private:
  model::Rollout& Own() { return *step_.rollout; }

  [[nodiscard]] bool IsNew(const NodeRecord& row) const { return row.revision == target_.revision; }

  // Well for as long as a rollout asks for.
  [[nodiscard]] bool IsWell(const Patient& patient) {
    const model::NodeHealth& health = patient.verdict.health;
    if (patient.row->unconfigured || health.state != model::HealthState::kHealthy) return false;
    const base::TimePoint baked = health.since + target_.policy.Bake();
    if (baked <= in_.now) return true;
    Wake(baked);
    return false;
  }

  void Count() {
    for (const Patient& patient : census_.patients) {
      const NodeRecord& row = *patient.row;
      latest_ = std::max(latest_, row.created_at);
      if (!IsNew(row)) {
        old_.push_back(&patient);
        continue;
      }
      ++renewed_;
      const bool former = census_.HasFormer(row.slot.ordinal);
      if (!IsWell(patient)) {
        baking_.insert(row.slot.ordinal);
        const bool of_this = row.created_at >= record_.rollout->since;
        if (of_this && (patient.verdict.failing || patient.verdict.failed_create)) failed_.push_back(&patient);
      } else if (former) {
        going_.insert(row.slot.ordinal);
      }
    }
    for (const std::uint32_t ordinal : census_.creating) baking_.insert(ordinal);
    for (const std::uint32_t ordinal : census_.gone) baking_.insert(ordinal);
  }

  [[nodiscard]] bool IsDone() const {
    return old_.empty() && baking_.empty() && census_.leaving.empty() && census_.destroying.empty() &&
           census_.members == target_.size;
  }

  // The old instance stays until the new one has baked; remediation lets it go as soon as that is healthy.
  void HoldFormer() {
    for (const NodeRecord* row : census_.leaving) {
      if (baking_.contains(row->slot.ordinal) && !census_.destroying.contains(KeyOf(*row))) {
        step_.hold_leaving.insert(KeyOf(*row));
      }
    }
  }

  void PassCheckpoint() {
    if (Own().stop != RolloutStop::kCheckpoint || Own().until == kNever) return;
    if (Own().until > wall_) return Wake(Own().until - in_.wall_ahead);
    Own().passed = plan::PassedStops(policy_, target_.size, Own(), wall_);
    Stop(RolloutStop::kNone, {}, kNever);
    Own().progress_at = wall_;
  }

  [[nodiscard]] bool IsStopped() { return Own().stop != RolloutStop::kNone; }

  void Stop(RolloutStop stop, std::string why, base::TimePoint until) {
    Own().stop = stop;
    Own().why = std::move(why);
    Own().stopped_at = stop == RolloutStop::kNone ? kNever : wall_;
    Own().until = until;
  }

  bool Failed() {
    const auto failed = static_cast<std::uint32_t>(failed_.size());
    if (failed == 0 || policy_.on_failure == model::OnFailure::kContinue) return false;
    if (failed <= policy_.failure_threshold.RoundDown(target_.size)) return false;
    const Patient& last = *failed_.back();
    std::string why = base::Count(failed, "new node") + " failed, " + policy_.failure_threshold.ToText() +
                      " may (rollout.failureThreshold); " + model::NodeAddress{record_.path, last.row->slot}.Display() +
                      ": check " + last.verdict.health.check + ": " + last.verdict.health.evidence;
    const bool takes_back = policy_.on_failure == model::OnFailure::kRollback && !Own().back &&
                            !record_.current.revision.IsZero() && !(record_.current == record_.target);
    if (!takes_back) {
      Stop(RolloutStop::kFailure, std::move(why), kNever);
      return true;
    }
    model::Rollout back;
    back.revision = record_.current.revision;
    back.actor = Own().actor;
    back.why = std::move(why);
    back.since = back.progress_at = wall_;
    back.back = true;
    step_.rollout = std::move(back);
    step_.taken_back = true;
    return true;
  }

  // Who began it is gone: not long ago, it goes on; long ago, a person looks first.
  bool IsStale() {
    const base::TimePoint last = std::max(Own().progress_at, latest_);
    if (in_.watching_since + in_.wall_ahead - last > kStaleAfter && in_.watching_since > record_.rollout->progress_at) {
      Stop(RolloutStop::kCutOff, "its last progress was at " + base::FormatRfc3339(last) + ", before this watch began",
           kNever);
      return true;
    }
    if (wall_ - last <= policy_.progress_deadline) return false;
    Stop(RolloutStop::kDeadline,
         "no progress since " + base::FormatRfc3339(last) + " (rollout.progressDeadline " +
             base::FormatDuration(policy_.progress_deadline) + ")",
         kNever);
    return true;
  }

  void Roll() {
    if (policy_.strategy == model::RolloutStrategy::kBlueGreen) return;
    const plan::RolloutLimit limit = plan::LimitOf(policy_, target_.size, &Own(), false, wall_);
    std::uint32_t may = limit.nodes > renewed_ ? limit.nodes - renewed_ : 0;
    if (may == 0 && !old_.empty() && baking_.empty() && going_.empty()) return Reach(limit);
    const bool destroy_first = IsDestroyFirst(*in_.group);
    const std::uint32_t lanes = std::max<std::uint32_t>(
        1, destroy_first ? policy_.max_unavailable.RoundDown(target_.size) : policy_.max_surge.RoundUp(target_.size));
    const auto busy = static_cast<std::uint32_t>(baking_.size() + going_.size());
    may = std::min(may, lanes > busy ? lanes - busy : 0);
    if (may == 0 || Pauses()) return;
    if (target_.policy.quorum && CheckQuorum(target_.size, census_.healthy)) return;
    std::stable_sort(old_.begin(), old_.end(),
                     [](const Patient* a, const Patient* b) { return a->verdict.failing && !b->verdict.failing; });
    for (const Patient* patient : old_) {
      if (step_.roll.size() >= may) break;
      const NodeRecord& row = *patient->row;
      if (holds_.On(row.slot, kRolling) != nullptr || census_.HasFormer(row.slot.ordinal)) continue;
      step_.roll.insert(row.slot.ordinal);
      if (in_.health != nullptr) step_.hold_leaving.insert(KeyOf(row));
    }
    if (!step_.roll.empty()) Own().progress_at = wall_;
  }

  // The nodes that may be new are, and well.
  void Reach(const plan::RolloutLimit& limit) {
    const std::string why = base::Count(renewed_, "node") + " of " + std::to_string(target_.size) +
                            (renewed_ == 1 ? " is new" : " are new");
    const bool waits = limit.stop == RolloutStop::kCheckpoint && policy_.checkpoint_wait > base::Millis(0);
    Stop(limit.stop, why, waits ? wall_ + policy_.checkpoint_wait : kNever);
    if (waits) Wake(in_.now + policy_.checkpoint_wait);
  }

  // Between two batches.
  bool Pauses() {
    if (policy_.pause == base::Millis(0) || renewed_ == 0) return false;
    const base::TimePoint until = std::max(Own().progress_at, latest_) + target_.policy.Bake() + policy_.pause;
    if (until <= wall_) return false;
    Wake(until - in_.wall_ahead);
    return true;
  }

  void Note() {
    const std::string counts = base::Count(renewed_, "node") + " of " + std::to_string(target_.size) +
                               (renewed_ == 1 ? " is new" : " are new");
    if (IsStopped()) {
      step_.note = plan::RolloutSentence(record_.path, step_.rollout);
    } else if (policy_.strategy == model::RolloutStrategy::kBlueGreen) {
      step_.note = "a rollout (blue-green) is unfinished, " + counts + ": `kadende apply` goes on with it";
    } else {
      step_.note = std::string(Own().back ? "taking a rollout back, " : "going on with a rollout, ") + counts;
    }
  }

  void Wake(base::TimePoint at) {
    if (at <= in_.now) return;
    if (step_.wake_at == kNever || at < step_.wake_at) step_.wake_at = at;
  }

  const RemediationInput& in_;
  const model::GroupRecord& record_;
  const model::GroupTarget& target_;
  const model::RolloutPolicy& policy_;
  const base::TimePoint wall_;  // as people and records tell it
  const Census census_;
  const plan::Holds holds_;
  RolloutStep step_;
  std::vector<const Patient*> old_;
  std::vector<const Patient*> failed_;  // new ones
  std::set<std::uint32_t> baking_;      // slots whose new node is made, or not well yet
  std::set<std::uint32_t> going_;       // slots whose new node is well, and whose old one is still there
  std::uint32_t renewed_ = 0;
  base::TimePoint latest_{};
};

}  // namespace

std::optional<RolloutStep> GoOnWithRollout(const RemediationInput& input) {
  const model::GroupRecord& record = input.group->record;
  if (!record.rollout || !input.view->frozen.empty()) return std::nullopt;
  if (record.rollout->revision != record.target.revision || record.target.revision.IsZero()) return std::nullopt;
  return GroupRollout(input).Run();
}

}  // namespace kadende::reconcile
