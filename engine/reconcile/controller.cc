#include "engine/reconcile/controller.h"

#include <utility>

#include "engine/apply/locked_run.h"

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

base::TimePoint EarliestRetry(const model::ClusterState& state, base::TimePoint now) {
  base::TimePoint earliest{};
  for (const auto& [path, group] : state.groups) {
    for (const model::CreateBackoff* backoff : {&group.record.backoff, &group.record.destroy_backoff}) {
      if (backoff->failures == 0 || backoff->next_at <= now) continue;
      if (earliest == base::TimePoint{} || backoff->next_at < earliest) earliest = backoff->next_at;
    }
  }
  return earliest;
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
  model::ClusterState after;
  auto run = apply::RunLocked(MakeRequest(lineage, options), ports, **lease, &after);
  if (!run) return tl::unexpected(std::move(run).error());
  pass.changed = !run->nothing_to_do || run->published.has_value();
  pass.message = std::move(run->publish_error);
  pass.plan = std::move(run->plan);
  pass.execution = std::move(run->execution);
  pass.wake_at = EarliestRetry(after, ports.clock->Now());
  return pass;
}

}  // namespace kadende::reconcile
