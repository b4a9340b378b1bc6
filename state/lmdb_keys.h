// Keys of the working store. Each begins with its cluster's lineage and a zero byte, and numbers are big-endian, so the
// order of keys is the order of ClusterState's maps, and a cluster, a group or a slot is one contiguous range.
// LMDB's limit is 511 bytes: with a lineage of 26 characters, group paths may be 470 long (validation allows far less).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/model/cluster_state.h"
#include "engine/model/health.h"

namespace kadende::state {

inline constexpr std::size_t kMaxKeyBytes = 511;

// "<lineage>\0": prefix of everything of a cluster (clusters: the bare lineage is the header's key).
[[nodiscard]] std::string ClusterPrefix(std::string_view lineage);

// Texts of a cluster that have rows of their own, in table clusters.
enum class ClusterText : char { kSpec = 's', kPlan = 'p', kPlanText = 't' };
[[nodiscard]] std::string ClusterTextKey(std::string_view lineage, ClusterText text);

[[nodiscard]] std::string GroupKey(std::string_view lineage, std::string_view path);

// Nodes and intents: "<lineage>\0<path>\0" + ordinal + incarnation.
[[nodiscard]] std::string RowPrefix(std::string_view lineage, std::string_view path);
[[nodiscard]] std::string RowKey(std::string_view lineage, std::string_view path, model::NodeRowKey row);

// Dirty marks: the cluster, a group's header, a chunk of 128 slots.
[[nodiscard]] std::string DirtyClusterKey(std::string_view lineage);
[[nodiscard]] std::string DirtyGroupKey(std::string_view lineage, std::string_view path);
[[nodiscard]] std::string DirtyChunkKey(std::string_view lineage, const model::ChunkKey& chunk);

// Health, by chunks of 128 slots: "<lineage>\0<path>\0" + chunk.
[[nodiscard]] std::string HealthKey(std::string_view lineage, std::string_view path, std::uint32_t chunk);
// Reports: "<lineage>\0<path>\0<slot key>\0" + incarnation; the prefix is that of all incarnations of a slot.
[[nodiscard]] std::string ReportPrefix(std::string_view lineage, std::string_view path, std::string_view slot_key);
[[nodiscard]] std::string ReportKey(std::string_view lineage, std::string_view path, std::string_view slot_key,
                                    std::uint32_t incarnation);

[[nodiscard]] std::string EventKey(std::uint64_t id);

// The way back; false where a key has another shape. Views into `key`, which starts with ClusterPrefix(lineage).
[[nodiscard]] bool ParseRowKey(std::string_view key, std::size_t prefix, std::string_view* path,
                               model::NodeRowKey* row);
[[nodiscard]] bool ParseDirtyKey(std::string_view key, std::size_t prefix, model::ClusterState* state);
[[nodiscard]] bool ParseHealthKey(std::string_view key, std::size_t prefix, std::string_view* path,
                                  std::uint32_t* chunk);
[[nodiscard]] bool ParseReportKey(std::string_view key, std::size_t prefix, model::HealthReport* report);
[[nodiscard]] bool ParseEventKey(std::string_view key, std::uint64_t* id);

// kInvalid where keys of this cluster and group would not fit or would be ambiguous.
[[nodiscard]] base::Status CheckKeys(std::string_view lineage, std::string_view path);

}  // namespace kadende::state
