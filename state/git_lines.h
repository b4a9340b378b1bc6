// Lines over libgit2, in Kadende's own history.git: the cluster's branch, what the remote is known to have had
// (refs/kadende/shared/<cluster>), and lines that lost (refs/kadende/stranded/<cluster>/<serial>).
#pragma once

#include <memory>
#include <string>

#include "engine/ports/lines.h"

namespace kadende::state {

// The repository is made by the first call that writes.
[[nodiscard]] std::unique_ptr<ports::Lines> OpenGitLines(const std::string& state_directory);

}  // namespace kadende::state
