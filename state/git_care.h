// ports::HistoryCare over libgit2: git_verify looks at every version, git_compact leaves old ones out.
#pragma once

#include <memory>

#include "engine/base/result.h"
#include "engine/ports/history_care.h"
#include "state/git_history.h"

namespace kadende::state {

[[nodiscard]] std::unique_ptr<ports::HistoryCare> OpenGitCare(const GitOptions& options);

}  // namespace kadende::state
