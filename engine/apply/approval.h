// Whether a plan may be done: the last question before the first side effect. Pure.
#pragma once

#include <optional>

#include "engine/base/result.h"
#include "engine/model/plan.h"

namespace kadende::apply {

// `approved`: the hash that a person approved, none where nobody did. kDenied where the plan needs an approval that it
// has not; kConflict where another plan was approved, also where this one would need none: who names a plan means no
// other. The message names the groups, the limits and the hash of this plan.
[[nodiscard]] base::Status CheckApproval(const model::Plan& plan, const std::optional<base::Digest>& approved);

}  // namespace kadende::apply
