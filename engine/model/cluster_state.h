// A cluster's state in memory: what a snapshot of the store gives, and what a run keeps up to date beside it.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/record.h"
#include "engine/model/state_change.h"

namespace kadende::model {

// A unit of publishing: kChunkSlots slots of one group, one file in the history. 128: MEASURED, "git objects".
inline constexpr std::uint32_t kChunkSlots = 128;
struct ChunkKey {
  std::string group;
  std::uint32_t chunk = 0;  // ordinal / kChunkSlots
  auto operator<=>(const ChunkKey&) const = default;
};

struct GroupState {
  GroupRecord record;
  std::map<NodeRowKey, NodeRecord> nodes;

  // The live row of a slot, or null.
  [[nodiscard]] const NodeRecord* Live(std::uint32_t ordinal) const;
  // Highest incarnation issued for a slot, open intents excluded; incarnation_floor where it has no row.
  [[nodiscard]] std::uint32_t HighestIncarnation(std::uint32_t ordinal) const;
  [[nodiscard]] const RevisionRecord* Revision(const base::Digest& id) const;
  [[nodiscard]] std::uint32_t LiveCount() const;  // counts; linear
};

struct ClusterState {
  ClusterRecord cluster;
  std::map<std::string, GroupState> groups;                         // by path
  std::map<std::pair<NodeAddress, std::uint32_t>, Intent> intents;  // by node and incarnation
  // What differs from the last published commit.
  std::set<ChunkKey> dirty_chunks;
  std::set<std::string> dirty_groups;  // group.json, or the whole group where it was removed
  bool dirty_cluster = false;

  [[nodiscard]] bool IsNew() const { return cluster.lineage.empty(); }
  [[nodiscard]] bool IsPublished() const { return dirty_chunks.empty() && dirty_groups.empty() && !dirty_cluster; }

  // Applies a change exactly as the store does; the store's contract suite holds the two against each other.
  void Apply(const StateChange& change);
};

}  // namespace kadende::model
