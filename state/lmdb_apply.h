// A batch of state changes as puts and erases of rows: the same meaning, row by row, as ClusterState::Apply
// (engine/model/cluster_state.cc); the contract suite holds the two against each other.
#pragma once

#include <string_view>

#include "engine/base/result.h"
#include "engine/model/state_change.h"
#include "state/lmdb_environment.h"

namespace kadende::state {

// Everything but the events of the batch. What goes wrong is the transaction's error.
void ApplyChanges(Transaction& transaction, std::string_view lineage, const model::StateChanges& changes);

}  // namespace kadende::state
