// The nodes of a cluster for a terminal and for programs. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "engine/model/cluster_state.h"
#include "engine/plan/refresh.h"
#include "engine/ports/health_store.h"

namespace kadende::cli {

struct NodesTableOptions {
  bool color = false;
  bool all = false;       // tombstones too
  std::string group;      // a path or folder; empty: all
  std::size_t width = 0;  // cells of the terminal; 0: no limit, one line a row
  base::TimePoint now{};
};

// What there is to show; all must outlive the call.
struct NodesSeen {
  const model::ClusterState& state;
  const plan::PriorView* view = nullptr;         // null: nothing was looked at, STATUS is what state knows
  const ports::HealthByGroup* health = nullptr;  // as a watch stored it; null or empty: nobody has looked
  std::string at_work = {};                      // who holds the cluster now: "apply by ann@host (pid 12) since ..."
};

// Columns NODE, STATUS, HEALTH, SINCE, NEXT, INSTANCE, ADDRESS, REVISION, AGE, NOTE; below it who is
// at work on the cluster, one line per group that is braked, in backoff, held, frozen or in an unfinished run, per
// reason why unhealthy nodes are left alone, strays, and open intents. HEALTH, SINCE and NEXT (how long until the next
// look) are there where anything is known of health; a "?" behind HEALTH: nobody looks any more.
[[nodiscard]] std::string NodesTable(const NodesSeen& seen, const NodesTableOptions& options = {});

// "shop at 2026-11-22T12:00:00Z: 3 nodes; 1 unhealthy, 2 healthy"
[[nodiscard]] std::string NodesHeadline(const NodesSeen& seen, const NodesTableOptions& options = {});

// The same for a terminal of so many lines, which is redrawn: a headline, then rows cut to what fits, those that need
// a person's eye kept first, and a count of what is not shown. Lines without newlines, none wider than the terminal.
[[nodiscard]] std::vector<std::string> NodesScreen(const NodesSeen& seen, const NodesTableOptions& options,
                                                   std::size_t height);

// What a reader would call a change: everything that the table shows but ages and the times of looks.
[[nodiscard]] std::string NodesFingerprint(const NodesSeen& seen, const NodesTableOptions& options = {});

// The same as one JSON document (`nodes --json`), described in README.md.
[[nodiscard]] std::string NodesJson(const NodesSeen& seen, const NodesTableOptions& options = {});

// A cluster at a glance (`show`): name, version, lineage, serial, commit, groups with sizes, policy that differs from
// the defaults, unfinished run.
[[nodiscard]] std::string ClusterText(const model::ClusterState& state, const NodesTableOptions& options = {});

}  // namespace kadende::cli
