// The loop of watch: a pass for each cluster that is due, on a pool of threads, so that a slow cluster delays no other;
// beside it the looks at all nodes (health_pump.h), which make passes due.
#pragma once

#include <atomic>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/metrics.h"
#include "cli/sd_notify.h"
#include "cli/session.h"
#include "engine/ports/observer.h"
#include "engine/reconcile/verdict.h"

namespace kadende::cli {

struct DaemonOptions {
  std::vector<std::string> lineages;
  bool all = false;  // every cluster of the store, looked up again at each interval
  base::Millis interval = std::chrono::seconds(10);
  std::uint32_t parallelism = 16;      // provider calls at once, per cluster
  std::uint32_t passes = 64;           // clusters at once
  std::uint32_t passes_per_place = 8;  // of them, those that wait for the same providers
  base::Millis start_grace = reconcile::kShortestStartGrace;
  std::string heartbeat_listen;     // address and port; empty: nobody listens for heartbeats
  std::string metrics_listen;       // likewise for who asks for `metrics`
  WatchMetrics* metrics = nullptr;  // told of passes; events go through it to the observer
  std::string actor;
  std::string state_remote;  // --state-remote
  std::stop_token drain;     // ends the loop when the passes that run are done
  std::stop_token abort;
  // Counts up for each reload that is asked for: clusters are looked for anew, repositories opened anew, and waiting
  // times forgotten. Noticed within a second; may be nullptr.
  const std::atomic<std::uint32_t>* reloads = nullptr;
};

// Runs until `drain`. A pass that fails is an event and is tried again at the next interval; an Error only where the
// loop cannot begin. `observer` is called from several threads. `manager` hears when the clusters are known, how they
// are, and that the loop turns.
[[nodiscard]] base::Status Watch(Session& session, ports::Observer& observer, ServiceManager& manager,
                                 const DaemonOptions& options);

}  // namespace kadende::cli
