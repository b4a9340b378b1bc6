// Open intents as JSON lines: intents.jsonl of a run ref. Written and scanned by hand as node rows are (chunk_codec),
// for a first apply of 100,000 nodes has as many. Keys and their order: FORMAT.md.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/model/cluster_state.h"

namespace kadende::state {

// One line each, sorted by node and incarnation. What can be told from the run (its id, its start) or computed (the
// token) is left out.
[[nodiscard]] std::string EncodeIntents(const model::ClusterState& state);

// Adds them to `state`, whose groups, lineage and open run are there already. Unknown keys are skipped. kCorrupt:
// "line 3: ...".
[[nodiscard]] base::Status DecodeIntents(std::string_view text, model::ClusterState* state);

}  // namespace kadende::state
