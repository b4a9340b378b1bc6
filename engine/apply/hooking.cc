#include "engine/apply/hooking.h"

#include <algorithm>
#include <utility>

namespace kadende::apply {
namespace {

using model::HookPoint;

// Between two attempts of what says "not yet". SEMANTICS leaves it open; short beside the shortest useful timeout.
constexpr base::Millis kPause = std::chrono::seconds(5);
constexpr base::Millis kLongest = std::chrono::hours(48);  // SEMANTICS 5

void Add(const model::GroupPolicy& policy, HookPoint point, std::vector<HookRun>& runs) {
  for (const model::Hook& hook : policy.hooks) {
    if (hook.at != point) continue;
    runs.push_back({.hook = hook,
                    .point = std::string(model::HookPointName(point)),
                    .limit = hook.timeout,
                    .most = kLongest,
                    .until_success = point == HookPoint::kPreReady});
  }
}

}  // namespace

base::Millis Hooking::Pause() {
  return kPause;
}

bool Hooking::Has(model::ActionId action, HookStage stage) const {
  const model::GroupPolicy& policy = bench_.Policy(action);
  const auto any = [&policy](std::initializer_list<HookPoint> points) {
    return std::any_of(policy.hooks.begin(), policy.hooks.end(), [&](const model::Hook& hook) {
      return std::find(points.begin(), points.end(), hook.at) != points.end();
    });
  };
  switch (stage) {
    case HookStage::kNone:
      return false;
    case HookStage::kBeforeCreate:
      return any({HookPoint::kPreCreate});
    case HookStage::kConfigure:
      return any({HookPoint::kPostCreate, HookPoint::kPreReady});
    case HookStage::kBeforeDestroy:
      return !policy.drain.exec.empty() || any({HookPoint::kPreDrain, HookPoint::kPostDrain, HookPoint::kPreDestroy});
    case HookStage::kAfterDestroy:
      return any({HookPoint::kPostDestroy});
    case HookStage::kOnFailure:
      return any({HookPoint::kOnFailure});
  }
  return false;
}

bool Hooking::Enter(Job& job, HookStage stage, JobKind next) {
  if (!Has(job.action, stage)) return false;
  job.hooks = RunsOf(job, stage);
  if (job.hooks.empty()) return false;
  job.stage = stage;
  job.next = next;
  job.kind = JobKind::kHook;
  job.hook = 0;
  job.attempts = 0;
  job.hook_since = bench_.now;
  TellFacts(job);
  return true;
}

std::vector<HookRun> Hooking::RunsOf(const Job& job, HookStage stage) const {
  const model::GroupPolicy& policy = bench_.Policy(job.action);
  std::vector<HookRun> runs;
  switch (stage) {
    case HookStage::kNone:
      break;
    case HookStage::kBeforeCreate:
      Add(policy, HookPoint::kPreCreate, runs);
      break;
    case HookStage::kConfigure:
      Add(policy, HookPoint::kPostCreate, runs);
      Add(policy, HookPoint::kPreReady, runs);
      break;
    case HookStage::kBeforeDestroy:
      if (!NeverJoined(job, policy)) AddDrain(job, policy, runs);
      Add(policy, HookPoint::kPreDestroy, runs);
      break;
    case HookStage::kAfterDestroy:
      Add(policy, HookPoint::kPostDestroy, runs);
      break;
    case HookStage::kOnFailure:
      Add(policy, HookPoint::kOnFailure, runs);
      break;
  }
  return runs;
}

// Deregistered first, then drained. A node that cannot answer gets one short limit for each of these.
void Hooking::AddDrain(const Job& job, const model::GroupPolicy& policy, std::vector<HookRun>& runs) const {
  const std::size_t first = runs.size();
  Add(policy, HookPoint::kPreDrain, runs);
  if (!policy.drain.exec.empty()) {
    HookRun drain{.hook = {}, .point = "drain", .limit = policy.drain.timeout, .most = policy.drain.timeout};
    drain.hook.at = HookPoint::kPreDrain;
    drain.hook.exec = policy.drain.exec;
    drain.hook.timeout = policy.drain.timeout;
    runs.push_back(std::move(drain));
  }
  Add(policy, HookPoint::kPostDrain, runs);
  if (!IsUnreachable(job)) return;
  for (std::size_t i = first; i < runs.size(); ++i) {
    runs[i].limit = std::min(runs[i].limit, policy.drain.unreachable);
    runs[i].most = policy.drain.unreachable;
  }
}

const model::NodeRecord* Hooking::Row(const Job& job) const {
  const auto group = bench_.planned.state.groups.find(*job.group);
  if (group == bench_.planned.state.groups.end()) return nullptr;
  const auto row = group->second.nodes.find({job.slot.ordinal, job.incarnation});
  return row == group->second.nodes.end() ? nullptr : &row->second;
}

std::optional<model::NodeHealth> Hooking::Health(const Job& job) const {
  if (bench_.health == nullptr) return std::nullopt;
  return bench_.health->Of(bench_.planned.state.cluster.lineage, *job.group, {job.slot.ordinal, job.incarnation});
}

// Nothing runs on such a node that could be moved off it.
bool Hooking::NeverJoined(const Job& job, const model::GroupPolicy& policy) const {
  const model::NodeRecord* row = Row(job);
  if (row != nullptr && row->unconfigured) return true;
  const auto health = Health(job);
  return health && !policy.checks.empty() && health->joined_at == base::TimePoint{} &&
         (health->state == model::HealthState::kInitializing || health->state == model::HealthState::kUnhealthy);
}

bool Hooking::IsUnreachable(const Job& job) const {
  if (job.reason == model::Reason::kUnhealthy) return true;
  const auto health = Health(job);
  return health && health->state == model::HealthState::kUnhealthy;
}

void Hooking::TellFacts(Job& job) const {
  ports::HookFacts& facts = job.facts;
  const model::ClusterRecord& cluster = bench_.planned.state.cluster;
  facts.cluster = cluster.name;
  facts.lineage = cluster.lineage;
  facts.group = *job.group;
  facts.node = model::NodeName(*job.group, job.slot);
  facts.ordinal = job.slot.ordinal;
  facts.logical_id = job.slot.logical_id;
  facts.incarnation = job.incarnation;
  facts.reason = model::ReasonName(job.reason);
  facts.run_id = bench_.options.run_id;
  if (const model::NodeRecord* row = Row(job); row != nullptr && row->phase != model::NodePhase::kTombstone) {
    facts.instance_id = row->instance_id;
    facts.address = row->address;
    facts.attributes = row->attributes;
  }
}

Hooking::Progress Hooking::Take(Job& job) const {
  const HookRun& run = job.hooks[job.hook];
  if (!job.error) {
    job.hook_since = bench_.now;
    job.attempts = 0;
    return ++job.hook == job.hooks.size() ? Progress::kOver : Progress::kNext;
  }
  const bool again = job.error->code == base::ErrorCode::kUnavailable ||
                     (run.until_success && job.error->code != base::ErrorCode::kCancelled);
  return again && bench_.now + kPause < job.hook_since + run.limit ? Progress::kLater : Progress::kFailed;
}

std::string Hooking::Failure(const Job& job, const base::Error& error) const {
  return bench_.Display(job.action) + ": " + job.hooks[job.hook].point + " failed: " + error.message;
}

void Hooking::Note(const Job& job, const base::Error& error) {
  model::Event& event = bench_.Note(model::EventKind::kHookFailed, job.action, job.incarnation);
  event.instance_id = job.facts.instance_id;
  event.message = Failure(job, error);
}

}  // namespace kadende::apply
