// ports::NodeHistory over libgit2: walks a cluster's line of commits and compares ids of trees and files, so that a
// version that changed something else costs the handful of trees on the way.
#pragma once

#include <memory>

#include "engine/base/result.h"
#include "engine/ports/node_history.h"
#include "state/git_history.h"

namespace kadende::state {

[[nodiscard]] std::unique_ptr<ports::NodeHistory> OpenGitNodeHistory(const GitOptions& options);

}  // namespace kadende::state
