// One pass of a cluster's controller: look, decide, act; stateless between passes. `kadende reconcile` runs it once,
// `kadende watch` for ever. What a watch knows of the nodes' health comes in and goes out with each pass.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "engine/apply/run.h"
#include "engine/ports/health_store.h"
#include "engine/reconcile/verdict.h"

namespace kadende::reconcile {

// What the caller knows of the nodes of one cluster (health_monitor.h, CarryOver), on its own clock. By default
// nothing: such a pass has only just begun to look, and destroys no live node for its health.
struct PassHealth {
  ports::HealthByGroup known;
  base::TimePoint watching_since{};
  base::TimePoint now{};
  // After a start: no live node is destroyed for its health sooner (nor before 2 x unhealthyFor).
  base::Millis shortest_grace = kShortestStartGrace;
};

struct PassOptions {
  std::uint32_t parallelism = 16;
  std::stop_token drain;
  std::stop_token abort;
  std::string actor;
  // Asked at most once, with the cluster as the pass loaded it, after the provider was heard: a listing may take
  // minutes, in which a node can recover. Empty: nothing is known.
  std::function<PassHealth(const model::ClusterState& state)> health;
};

struct PassResult {
  bool locked_out = false;  // another run holds the cluster; its holder is in `message`
  bool changed = false;
  std::string message;
  model::Plan plan;
  apply::ExecuteResult execution;
  // How long until something that time holds back may go on; nothing: at the next interval.
  std::optional<base::Millis> wake_in;
  // As judged: with the provider's word, and why unhealthy nodes are left alone. Only where the pass looked.
  std::optional<ports::HealthByGroup> health;
  model::ClusterState state;  // after the pass; empty with locked_out
};

[[nodiscard]] base::Result<PassResult> Pass(const std::string& lineage, const apply::RunPorts& ports,
                                            const PassOptions& options);

}  // namespace kadende::reconcile
