// What all forms of the nodes view show: rows joined with what was seen and what is known of their health, and facts
// and sentences about groups.
#pragma once

#include <string>
#include <vector>

#include "cli/view/nodes_table.h"

namespace kadende::cli {

struct NodeRow {
  std::string group;
  const model::NodeRecord* node = nullptr;  // of the state that was given
  std::string status;                       // "running", "missing", "leaving", ..., "live" where nothing was looked at
  std::string address;
  std::string note;                           // evidence included, health excluded
  const model::NodeHealth* health = nullptr;  // of what was given; null: nobody has looked at it
  bool stale = false;                         // nobody looks any more

  [[nodiscard]] bool IsUnhealthy() const {
    return health != nullptr && health->state == model::HealthState::kUnhealthy;
  }
};

// Sorted by group, slot and incarnation.
[[nodiscard]] std::vector<NodeRow> NodeRows(const NodesSeen& seen, const NodesTableOptions& options);

// Whether `--group` asks for it.
[[nodiscard]] bool IsWanted(const std::string& path, const NodesTableOptions& options);

// Live nodes of a group by health; nodes that nobody has looked at are in none.
struct HealthCounts {
  std::size_t healthy = 0;
  std::size_t unhealthy = 0;
  std::size_t unknown = 0;
  std::size_t initializing = 0;
  std::size_t stale = 0;      // of all these
  base::TimePoint last_at{};  // the newest look; never: none

  void Add(const NodeRow& row);
  [[nodiscard]] std::size_t All() const { return healthy + unhealthy + unknown + initializing; }
  // "2 healthy, 1 unhealthy"; empty for none.
  [[nodiscard]] std::string Text() const;
};

// Sentences about groups: backoff, brakes and releases, unhealthy nodes that are left alone, health that nobody keeps
// up, holds, unfinished runs, strays, open intents. `rows` are those of NodeRows.
[[nodiscard]] std::vector<std::string> GroupNotes(const NodesSeen& seen, const std::vector<NodeRow>& rows,
                                                  const NodesTableOptions& options);

}  // namespace kadende::cli
