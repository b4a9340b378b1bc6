// The loop of watch: a pass for each cluster that is due, on a small pool, so that a slow cluster delays no other.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/session.h"
#include "engine/ports/observer.h"

namespace kadende::cli {

struct DaemonOptions {
  std::vector<std::string> lineages;
  bool all = false;  // every cluster of the store, looked up again at each interval
  base::Millis interval = std::chrono::seconds(10);
  std::uint32_t parallelism = 16;  // provider calls at once, per cluster
  std::uint32_t passes = 8;        // clusters at once
  std::string actor;
  std::stop_token drain;  // ends the loop when the passes that run are done
  std::stop_token abort;
};

// Runs until `drain`. A pass that fails is an event and is tried again at the next interval; an Error only where the
// loop cannot begin. `observer` is called from several threads.
[[nodiscard]] base::Status Watch(Session& session, ports::Observer& observer, const DaemonOptions& options);

}  // namespace kadende::cli
