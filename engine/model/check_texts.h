// ${...} in the texts of a health check, in the two steps of expression.h: what is the same for a whole group is filled
// in when the file is expanded, what belongs to a node when the node is looked at.
#pragma once

#include "engine/base/result.h"
#include "engine/model/expression.h"
#include "engine/model/health_check.h"

namespace kadende::model {

// References to the node stay symbolic.
[[nodiscard]] base::Result<HealthCheck> BindCheck(HealthCheck check, const GroupValues& values);

// Whether RenderCheck changes anything.
[[nodiscard]] bool NeedsNode(const HealthCheck& check);

// From a check that BindCheck made. kInvalid where a text cannot be filled in, as ${node.address} of a node that has
// none.
[[nodiscard]] base::Result<HealthCheck> RenderCheck(HealthCheck check, const NodeValues& node);

}  // namespace kadende::model
