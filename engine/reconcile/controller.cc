#include "engine/reconcile/controller.h"

#include <utility>

#include "engine/apply/holder.h"
#include "engine/apply/locked_run.h"
#include "engine/reconcile/remediation.h"

namespace kadende::reconcile {
namespace {

apply::RunRequest MakeRequest(const std::string& lineage, const PassOptions& options) {
  apply::RunRequest request;
  request.lineage = lineage;
  request.kind = model::RunKind::kWatch;
  request.plan.heal_only = true;
  request.execute.parallelism = options.parallelism;
  request.execute.drain = options.drain;
  request.execute.abort = options.abort;
  request.execute.actor = options.actor;
  request.execute.grow_backoff = true;
  return request;
}

void Sooner(std::optional<base::Millis>& wake_in, base::TimePoint at, base::TimePoint now) {
  if (at <= now) return;
  const auto in = std::chrono::duration_cast<base::Millis>(at - now);
  if (!wake_in || in < *wake_in) wake_in = in;
}

void WakeForRetries(const model::ClusterState& state, base::TimePoint now, std::optional<base::Millis>& wake_in) {
  for (const auto& [path, group] : state.groups) {
    for (const model::CreateBackoff* backoff : {&group.record.backoff, &group.record.destroy_backoff}) {
      if (backoff->failures > 0) Sooner(wake_in, backoff->next_at, now);
    }
  }
}

}  // namespace

base::Result<PassResult> Pass(const std::string& lineage, const apply::RunPorts& ports, const PassOptions& options) {
  PassResult pass;
  // No waiting: whoever holds the cluster is at work on it, and the next pass comes soon.
  auto lease = ports.leadership->Acquire(lineage, {}, apply::MakeHolder(ports, options.actor, "watch"), {});
  if (!lease) {
    if (lease.error().code != base::ErrorCode::kConflict) return tl::unexpected(std::move(lease).error());
    pass.locked_out = true;
    pass.message = std::move(lease).error().message;
    return pass;
  }
  apply::RunRequest request = MakeRequest(lineage, options);
  request.plan.judge = [&](const model::ClusterState& state, const plan::PriorView& view, base::TimePoint plan_now) {
    PassHealth health = options.health ? options.health(state) : PassHealth{};
    if (health.now == base::TimePoint{}) health.now = health.watching_since = plan_now;
    const auto wall_ahead = std::chrono::duration_cast<base::Millis>(ports.clock->Now() - health.now);
    ClusterDecision decision =
        Judge(state, view, health.known, health.watching_since, health.now, health.shortest_grace, wall_ahead);
    pass.health = std::move(health.known);
    Sooner(pass.wake_in, decision.wake_at, health.now);
    return std::move(decision.judgement);
  };
  auto run = apply::RunLocked(request, ports, **lease, &pass.state);
  if (!run) return tl::unexpected(std::move(run).error());
  if (!run->locked_out.empty()) {
    pass.locked_out = true;
    pass.message = std::move(run->locked_out);
    return pass;
  }
  pass.changed = !run->nothing_to_do || run->published.has_value();
  pass.message = run->publish_error.empty() ? std::move(run->push_error) : std::move(run->publish_error);
  pass.plan = std::move(run->plan);
  pass.execution = std::move(run->execution);
  WakeForRetries(pass.state, ports.clock->Now(), pass.wake_in);
  return pass;
}

}  // namespace kadende::reconcile
