// Our own repository for who writes to it, one after the other.
#pragma once

#include <string>

#include "engine/base/result.h"
#include "state/file_lock.h"
#include "state/git_history.h"
#include "state/git_repository.h"

namespace kadende::state {

[[nodiscard]] std::string OwnPath(const GitOptions& options);  // <state dir>/history.git

// Made where it is not there. kDenied: the options are those of a reader.
[[nodiscard]] base::Result<GitRepository> OpenOwn(const GitOptions& options);

// Clusters of one state directory publish one after the other. Waits 30 s at most.
[[nodiscard]] base::Result<FileLock> LockOwn(const std::string& path);

}  // namespace kadende::state
