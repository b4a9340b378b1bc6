// Rows of the working store as records: the bridge between keys, bytes and the model. A row that does not read makes
// the transaction fail with kCorrupt, naming it.
#pragma once

#include <map>
#include <optional>
#include <string_view>

#include "engine/model/cluster_state.h"
#include "state/lmdb_environment.h"
#include "state/row_counts.h"

namespace kadende::state {

[[nodiscard]] base::Error DamagedRow(std::string_view kind, std::string_view lineage, std::string_view path);

// Nothing where there is no such row, or it is damaged.
[[nodiscard]] std::optional<model::ClusterRecord> ReadClusterHeader(Transaction& transaction, std::string_view lineage);
[[nodiscard]] std::optional<model::GroupRecord> ReadGroup(Transaction& transaction, std::string_view lineage,
                                                          std::string_view path);
[[nodiscard]] std::map<model::NodeRowKey, model::NodeRecord> ReadNodes(Transaction& transaction,
                                                                       std::string_view lineage, std::string_view path);
// Intents whose keys start with `prefix`, added to state->intents.
void ReadIntents(Transaction& transaction, std::string_view lineage, std::string_view prefix,
                 model::ClusterState* state);
// Fails the transaction where damage hides a cluster: one that is unknown would be made anew.
void CheckClusters(Transaction& transaction);
// Everything of a cluster. Nothing where there is no such cluster. `counts`: of this store, kept between calls.
[[nodiscard]] std::optional<model::ClusterState> ReadCluster(Transaction& transaction, std::string_view lineage,
                                                             RowCounts& counts);

// Header and texts (spec, plan of the open run); texts that did not change are not written again.
void WriteCluster(Transaction& transaction, const model::ClusterRecord& cluster);
// The header alone; texts of a run that is no longer open are erased.
void WriteClusterHeader(Transaction& transaction, const model::ClusterRecord& cluster);

}  // namespace kadende::state
