// Whether the versions of a line of commits are whole and fit each other. What two versions share is looked at once, so
// the cost is that of what changed.
#pragma once

#include "engine/base/result.h"
#include "engine/ports/history_care.h"
#include "state/git_line.h"

namespace kadende::state {

// A fault is a result. Errors: none today, but a repository that cannot be used may become one.
[[nodiscard]] base::Result<ports::HistoryCheck> VerifyLine(const GitLine& line, std::string_view name);

}  // namespace kadende::state
