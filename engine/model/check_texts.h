// ${...} in the texts of a health check or a hook, in the two steps of expression.h: what is the same for a whole group
// is filled in when the file is expanded, what belongs to a node when the node is looked at, or the hook runs.
#pragma once

#include "engine/base/result.h"
#include "engine/model/expression.h"
#include "engine/model/health_check.h"
#include "engine/model/hook.h"

namespace kadende::model {

// References to the node stay symbolic.
[[nodiscard]] base::Result<HealthCheck> BindCheck(HealthCheck check, const GroupValues& values);

// Whether RenderCheck changes anything.
[[nodiscard]] bool NeedsNode(const HealthCheck& check);

// From a check that BindCheck made. kInvalid where a text cannot be filled in, as ${node.address} of a node that has
// none.
[[nodiscard]] base::Result<HealthCheck> RenderCheck(HealthCheck check, const NodeValues& node);

// The same for the hooks of a group, and the program of its drain.
[[nodiscard]] base::Status BindHooks(std::vector<Hook>* hooks, DrainPolicy* drain, const GroupValues& values);
[[nodiscard]] base::Result<Hook> RenderHook(Hook hook, const NodeValues& node);

}  // namespace kadende::model
