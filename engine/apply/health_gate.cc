#include "engine/apply/health_gate.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "engine/base/text.h"

namespace kadende::apply {
namespace {

using model::ActionId;
using model::HealthState;

constexpr base::Millis kFirstPause{50};
constexpr base::Millis kLongestPause{1000};
constexpr std::size_t kAskedAtOnce = 100;  // instances in one Describe

std::string Why(const std::string& node, const model::NodeHealth& health) {
  std::string why = node + " is " + std::string(model::HealthStateName(health.state));
  if (!health.check.empty()) why += ", check " + health.check;
  if (!health.evidence.empty()) why += ": " + health.evidence;
  return why;
}

bool IsPause(const model::Action& gate) {
  return gate.OfWholeGroup() && gate.reason == model::Reason::kReplaced;
}

}  // namespace

std::vector<model::HealthCheck> ChecksOfApply(const model::GroupPolicy& policy) {
  std::vector<model::HealthCheck> checks;
  std::copy_if(policy.checks.begin(), policy.checks.end(), std::back_inserter(checks), [](const auto& check) {
    return check.type != model::CheckType::kHeartbeat && check.type != model::CheckType::kPushed;
  });
  return checks;
}

Step HealthGate::Open(ActionId action, Job& job) {
  if (IsPause(bench_.Action(action))) return OpenPause(action, job);
  model::GroupPolicy policy = bench_.Policy(action);
  if (!policy.checks.empty() && health_ == nullptr) return {};
  // Who depends on a group waits for its health; to bake is a matter of the group's own rollout.
  const bool depended_on = bench_.Action(action).reason == model::Reason::kDependency;
  const base::Millis bake = depended_on ? base::Millis(0) : policy.Bake();
  if (bake == base::Millis(0) && policy.checks.empty()) return {};
  policy.checks = ChecksOfApply(policy);
  Waiting waiting;
  waiting.bake = bake;
  waiting.by_checks = !policy.checks.empty();
  waiting.slots = SlotsOf(action);
  if (waiting.slots.empty()) return {};
  waiting.since = clock_.Monotonic();
  waiting.pause = kFirstPause;
  job.kind = JobKind::kGate;
  if (waiting.by_checks) {
    for (const std::uint32_t ordinal : waiting.slots) {
      if (const model::NodeRecord* row = Live(action, ordinal)) {
        health_->Follow(bench_.planned.state.cluster, bench_.Group(action).path, *row, policy);
      }
    }
  }
  waiting_[action] = std::move(waiting);
  Step step = Look(job);
  if (step.verdict == Verdict::kLater) Tell(action);
  return step;
}

Step HealthGate::OpenPause(ActionId action, Job& job) {
  const base::Millis pause = bench_.Policy(action).rollout.pause;
  if (pause == base::Millis(0)) return {};
  Waiting waiting;
  waiting.rests = true;
  waiting.bake = pause;
  waiting.since = clock_.Monotonic();
  waiting.pause = kFirstPause;
  job.kind = JobKind::kGate;
  waiting_[action] = std::move(waiting);
  bench_.Note(model::EventKind::kActionRetried, action, 0).message =
      bench_.Display(action) + ": the rollout pauses for " + base::FormatDuration(pause);
  return Look(job);
}

// A run that waits says for what, and how long at the longest.
void HealthGate::Tell(ActionId action) {
  const Waiting& waiting = waiting_.at(action);
  std::string message = bench_.Display(action);
  if (waiting.by_checks) {
    message += ": waits until healthy, at the longest " + base::FormatDuration(bench_.Policy(action).timeouts.join);
    if (waiting.bake > base::Millis(0)) message += ", and so for " + base::FormatDuration(waiting.bake);
  } else {
    message += ": bakes for " + base::FormatDuration(waiting.bake);
  }
  bench_.Note(model::EventKind::kActionRetried, action, bench_.Action(action).incarnation).message = std::move(message);
}

Step HealthGate::Look(Job& job) {
  Waiting& waiting = waiting_.at(job.action);
  if (waiting.rests) {
    const base::Millis left = waiting.since + waiting.bake - clock_.Monotonic();
    return left <= base::Millis(0) ? Step{} : Later(waiting, left);
  }
  return waiting.by_checks ? LookByChecks(job, waiting) : LookByProvider(job, waiting);
}

Step HealthGate::LookByChecks(Job& job, Waiting& waiting) {
  const model::GroupPolicy& policy = bench_.Policy(job.action);
  const std::string& path = bench_.Group(job.action).path;
  const base::Millis now = clock_.Monotonic();
  std::string why;
  bool failing = false;
  for (const std::uint32_t ordinal : waiting.slots) {
    const model::NodeRecord* row = Live(job.action, ordinal);
    if (row == nullptr) {
      return {.verdict = Verdict::kFailed, .message = "a new node of " + path + " is gone: plan again"};
    }
    const model::NodeHealth health =
        health_->Of(bench_.planned.state.cluster.lineage, path, {ordinal, row->incarnation});
    if (health.state == HealthState::kHealthy) continue;
    why = Why(model::NodeAddress{path, row->slot}.Display(), health);
    failing = failing || health.state == HealthState::kUnhealthy;
  }
  if (why.empty()) {
    if (waiting.healthy_since == base::Millis(0)) waiting.healthy_since = now;
    const base::Millis left = waiting.healthy_since + waiting.bake - now;
    return left <= base::Millis(0) ? Step{} : Later(waiting, left);
  }
  // Failing while it bakes, or never healthy: the old nodes stay, what depends on the new ones is not begun.
  if (failing && waiting.healthy_since != base::Millis(0)) {
    return {.verdict = Verdict::kFailed, .message = why + " (it was healthy, and failed within the bake time)"};
  }
  waiting.healthy_since = base::Millis(0);
  const base::Millis left = waiting.since + policy.timeouts.join - now;
  if (left <= base::Millis(0)) {
    return {.verdict = Verdict::kFailed,
            .message = why + " (not healthy within timeouts.join, " + base::FormatDuration(policy.timeouts.join) + ")"};
  }
  return Later(waiting, left);
}

Step HealthGate::LookByProvider(Job& job, Waiting& waiting) {
  const base::Millis left = waiting.since + waiting.bake - clock_.Monotonic();
  if (left > base::Millis(0)) return Later(waiting, left);
  job.gated.clear();
  waiting.batch.clear();
  job.context = nullptr;
  for (; waiting.asked < waiting.slots.size() && waiting.batch.size() < kAskedAtOnce; ++waiting.asked) {
    const model::NodeRecord* row = Live(job.action, waiting.slots[waiting.asked]);
    if (row == nullptr) continue;
    const auto context = bench_.contexts.OfRevision(bench_.Action(job.action).group, row->revision);
    if (!context) return {.verdict = Verdict::kFailed, .message = context.error().message};
    if (job.context != nullptr && *context != job.context) break;  // another provider's, perhaps
    job.context = *context;
    job.gated.push_back(row->instance_id);
    waiting.batch.push_back(row->slot);
  }
  if (waiting.batch.empty()) return {};
  job.timeout = bench_.Policy(job.action).timeouts.create;
  return {.verdict = Verdict::kCall};
}

Step HealthGate::Asked(Job& job) {
  const std::vector<model::Slot>& batch = waiting_.at(job.action).batch;
  const auto name = [&](std::size_t i) { return model::NodeAddress{*job.group, batch[i]}.Display(); };
  if (job.error) {
    const std::string more = batch.size() == 1 ? "" : " and " + std::to_string(batch.size() - 1) + " more";
    return {.verdict = Verdict::kFailed, .message = name(0) + more + " could not be looked at: " + job.error->message};
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const bool found = i < job.described.size() && job.described[i].presence == ports::Presence::kPresent;
    const model::InstanceStatus status = found ? job.described[i].instance.status : model::InstanceStatus::kUnknown;
    if (status == model::InstanceStatus::kRunning || status == model::InstanceStatus::kPending) continue;
    const std::string reason = found ? job.described[i].instance.status_reason : std::string();
    return {.verdict = Verdict::kFailed,
            .message = name(i) + " is " + (found ? std::string(model::InstanceStatusName(status)) : "gone") +
                       " at the end of its bake time" + (reason.empty() ? "" : ": " + reason)};
  }
  return LookByProvider(job, waiting_.at(job.action));
}

Step HealthGate::Later(Waiting& waiting, base::Millis longest) const {
  const base::Millis delay = std::min(waiting.pause, longest);
  waiting.pause = std::min(waiting.pause * 2, kLongestPause);
  return {.verdict = Verdict::kLater, .message = {}, .delay = delay};
}

// The gate of one node, or of all new nodes that it waits for.
std::vector<std::uint32_t> HealthGate::SlotsOf(ActionId action) const {
  const model::Action& gate = bench_.Action(action);
  if (gate.incarnation != 0) return {gate.slot.ordinal};
  const model::ActionGraph& graph = bench_.planned.plan.graph;
  std::vector<std::uint32_t> slots;
  for (std::uint32_t i = graph.offsets[action]; i < graph.offsets[action + 1]; ++i) {
    const model::Action& before = graph.actions[graph.waits_for[i]];
    if (before.kind == model::ActionKind::kCreate && before.group == gate.group) slots.push_back(before.slot.ordinal);
  }
  return slots;
}

const model::NodeRecord* HealthGate::Live(ActionId action, std::uint32_t ordinal) const {
  const auto group = bench_.planned.state.groups.find(bench_.Group(action).path);
  return group == bench_.planned.state.groups.end() ? nullptr : group->second.Live(ordinal);
}

}  // namespace kadende::apply
