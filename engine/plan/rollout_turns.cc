#include "engine/plan/rollout_turns.h"

#include <algorithm>
#include <utility>

#include "engine/base/text.h"

namespace kadende::plan {
namespace {

using model::RolloutStop;
using model::RolloutStrategy;

constexpr base::TimePoint kNever{};

// Where automation stops until a person had a look.
bool AwaitsLook(RolloutStop stop) {
  return stop == RolloutStop::kFailure || stop == RolloutStop::kDeadline || stop == RolloutStop::kCutOff;
}

std::string Ask(const std::string& group, const char* what, const char* does) {
  return std::string("`kadende rollout ") + what + " " + group + "` " + does;
}

}  // namespace

const model::Rollout* RolloutTo(const model::GroupRecord& record, const base::Digest& revision) {
  return record.rollout && record.rollout->revision == revision ? &*record.rollout : nullptr;
}

NextStop StopAfter(const model::RolloutPolicy& policy, std::uint32_t size, std::uint32_t passed) {
  NextStop next;
  const auto offer = [&](const model::CountOrPercent& at, RolloutStop stop) {
    const std::uint32_t nodes = at.RoundUp(size);
    if (nodes <= passed || nodes >= size) return;
    // A person's stop is the stricter one where both lie in one place.
    if (next.stop == RolloutStop::kNone || nodes < next.nodes) next = {nodes, stop};
  };
  if (policy.canary) offer(*policy.canary, RolloutStop::kCanary);
  for (const model::CountOrPercent& checkpoint : policy.checkpoints) offer(checkpoint, RolloutStop::kCheckpoint);
  return next;
}

std::uint32_t PassedStops(const model::RolloutPolicy& policy, std::uint32_t size, const model::Rollout& rollout,
                          base::TimePoint now) {
  const bool waited = rollout.stop == RolloutStop::kCheckpoint && rollout.until != kNever && rollout.until <= now;
  if (!waited) return rollout.passed;
  return std::max(rollout.passed, StopAfter(policy, size, rollout.passed).nodes);
}

RolloutLimit LimitOf(const model::RolloutPolicy& policy, std::uint32_t size, const model::Rollout* rollout,
                     bool by_person, base::TimePoint now) {
  if (policy.strategy == RolloutStrategy::kOnDelete) return {0, RolloutStop::kNone};
  std::uint32_t passed = 0;
  if (rollout != nullptr) {
    if (rollout->stop == RolloutStop::kPerson) return {0, RolloutStop::kPerson};
    if (AwaitsLook(rollout->stop) && !by_person) return {0, rollout->stop};
    if (rollout->back) return {};  // the way back has no stops
    passed = PassedStops(policy, size, *rollout, now);
  }
  const NextStop next = StopAfter(policy, size, passed);
  if (next.stop == RolloutStop::kNone) return {};
  return {next.nodes, next.stop};
}

Turns TakeTurns(const model::RolloutPolicy& policy, const RolloutLimit& limit, std::uint32_t renewed,
                const std::vector<OldNode>& old) {
  Turns turns;
  if (limit.nodes == kNoLimit) return turns;
  if (policy.strategy == RolloutStrategy::kOnDelete) {
    for (const OldNode& node : old) {
      if (!node.broken && !node.requested) turns.waiting.push_back(node.ordinal);
    }
    return turns;
  }
  turns.left = limit.nodes > renewed ? limit.nodes - renewed : 0;
  std::vector<const OldNode*> order;
  order.reserve(old.size());
  for (const OldNode& node : old) order.push_back(&node);
  const auto rank = [](const OldNode& node) { return node.requested ? 0 : node.broken ? 1 : 2; };
  std::stable_sort(order.begin(), order.end(),
                   [&rank](const OldNode* a, const OldNode* b) { return rank(*a) < rank(*b); });
  for (const OldNode* node : order) {
    if (node->requested || turns.left > 0) {
      turns.left -= turns.left > 0 ? 1 : 0;
    } else {
      turns.waiting.push_back(node->ordinal);
    }
  }
  std::sort(turns.waiting.begin(), turns.waiting.end());
  return turns;
}

std::string RolloutSentence(const std::string& group, const std::optional<model::Rollout>& rollout) {
  if (!rollout) return group + ": the rollout is finished";
  if (rollout->stop == RolloutStop::kNone) return group + ": the rollout goes on";
  std::string text = group + ": the rollout stops (" + std::string(model::RolloutStopName(rollout->stop)) + ")";
  if (!rollout->why.empty()) text += ": " + rollout->why;
  if (rollout->until != kNever) text += ", until " + base::FormatRfc3339(rollout->until);
  const bool asked_for = rollout->stop == RolloutStop::kCanary || rollout->stop == RolloutStop::kCheckpoint;
  return text + "; " + Ask(group, asked_for ? "promote" : "resume", "goes on") + ", " +
         Ask(group, "abort", "takes it back");
}

std::string WaitingNote(const model::RolloutPolicy& policy, const RolloutLimit& limit, const model::Rollout* rollout,
                        const std::string& group, std::uint32_t renewed, std::uint32_t waiting, base::TimePoint now) {
  if (policy.strategy == RolloutStrategy::kOnDelete) {
    return base::Count(waiting, "node") + (waiting == 1 ? " keeps its old revision" : " keep their old revision") +
           ", strategy on-delete: what is made anew for another reason becomes new (`--replace NODE`, `kadende taint`)";
  }
  std::string note = base::Count(waiting, "old node") + (waiting == 1 ? " waits" : " wait") + ": ";
  const bool stopped = rollout != nullptr && rollout->stop == limit.stop;
  const std::string go_on = Ask(group, "promote", "lets it go on") + ", " + Ask(group, "abort", "takes it back");
  switch (limit.stop) {
    case RolloutStop::kPerson:
      return note + "the rollout is paused" + (rollout->why.empty() ? "" : " (" + rollout->why + ")") + "; " +
             Ask(group, "resume", "lets it go on");
    case RolloutStop::kCanary:
      return note + "rollout.canary " + policy.canary->ToText() + ", " + base::Count(renewed, "node") +
             (renewed == 1 ? " is new; " : " are new; ") + go_on;
    case RolloutStop::kCheckpoint: {
      note += "a checkpoint at " + base::Count(limit.nodes, "new node");
      if (stopped && rollout->until != kNever && rollout->until > now) {
        note += ", until " + base::FormatRfc3339(rollout->until);
      } else if (policy.checkpoint_wait > base::Millis(0)) {
        note += ", for " + base::FormatDuration(policy.checkpoint_wait);
      }
      return note + "; " + go_on;
    }
    case RolloutStop::kFailure:
    case RolloutStop::kDeadline:
    case RolloutStop::kCutOff:
      return note + rollout->why + "; `kadende apply` or " + Ask(group, "resume", "goes on") + ", " +
             Ask(group, "abort", "takes it back");
    case RolloutStop::kNone:
      break;
  }
  return note + "for their turn";
}

}  // namespace kadende::plan
