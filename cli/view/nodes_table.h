// The nodes of a cluster for a terminal and for programs. Pure.
#pragma once

#include <string>

#include "engine/base/time.h"
#include "engine/model/cluster_state.h"
#include "engine/plan/refresh.h"

namespace kadende::cli {

struct NodesTableOptions {
  bool color = false;
  bool all = false;   // tombstones too
  std::string group;  // a path or folder; empty: all
  base::TimePoint now{};
};

// Columns NODE, STATUS, INSTANCE, ADDRESS, REVISION, AGE, NOTE; below it one line per group that is in backoff, held,
// frozen or in an unfinished run, strays, and open intents. `view` null: nothing was looked at, STATUS is what state
// knows.
[[nodiscard]] std::string NodesTable(const model::ClusterState& state, const plan::PriorView* view,
                                     const NodesTableOptions& options = {});

// The same as one JSON document (`nodes --json`), described in README.md.
[[nodiscard]] std::string NodesJson(const model::ClusterState& state, const plan::PriorView* view,
                                    const NodesTableOptions& options = {});

// A cluster at a glance (`show`): name, version, lineage, serial, commit, groups with sizes, policy that differs from
// the defaults, unfinished run.
[[nodiscard]] std::string ClusterText(const model::ClusterState& state, const NodesTableOptions& options = {});

}  // namespace kadende::cli
