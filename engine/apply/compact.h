// Leaves old versions out of a cluster's history, for all who share it: the line that is begun anew takes the old one's
// place at the remote, under a claim, as the outcome of a run does.
#pragma once

#include <string>

#include "engine/apply/run.h"
#include "engine/ports/history_care.h"

namespace kadende::apply {

struct CompactionRequest {
  model::Lineage lineage;
  std::string actor;
  base::TimePoint keep_from{};  // as in ports::CompactRequest
  base::Millis lock_wait{0};
};

struct Compaction {
  ports::CompactResult result;
  std::string push_error;  // compacted here; the next run, or `state push`, tells the remote
};

// Publishes first what an earlier run left. kConflict: another machine holds the cluster, or a run that died is to be
// gone on with first. kDenied: the remote lets nobody replace its line; all is as it was.
[[nodiscard]] base::Result<Compaction> CompactHistory(const CompactionRequest& request, const RunPorts& ports,
                                                      ports::HistoryCare& care);

}  // namespace kadende::apply
