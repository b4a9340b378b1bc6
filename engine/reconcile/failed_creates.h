// Nodes that were made and did not last, counted as creates that fail: the group's CreateBackoff grows, or is over.
// Pure. Part of remediation.
//
// A node that is replaced without ever having been healthy is a failed create. So is a replacement that ends or fails
// before it was healthy for backoff.max (5 min): what crashes at every start, or soon after, is made ever more seldom.
// A node that was made after the last failure and has been healthy for as long resets it (SEMANTICS 3). The first node
// of a slot is no replacement: however young it dies, it is brought back at once.
#pragma once

#include <optional>
#include <vector>

#include "engine/model/record.h"
#include "engine/reconcile/census.h"

namespace kadende::reconcile {

// Nothing: it does not change. `health`: one row per patient, in their order; marked in it is who was counted.
[[nodiscard]] std::optional<model::CreateBackoff> CountFailedCreates(const RemediationInput& input,
                                                                     const model::GroupPolicy& policy,
                                                                     const Census& census,
                                                                     std::vector<model::NodeHealth>& health);

}  // namespace kadende::reconcile
