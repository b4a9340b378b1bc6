// Leadership on one machine: lock files below <state dir>/locks that the kernel frees when their holder dies.
#pragma once

#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/ports/leadership.h"

namespace kadende::state {

[[nodiscard]] base::Result<std::unique_ptr<ports::Leadership>> OpenRunLocks(const std::string& state_directory);

}  // namespace kadende::state
