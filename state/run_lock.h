// Leadership on one machine: lock files below <state dir>/locks that the kernel frees when their holder dies.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/ports/leadership.h"

namespace kadende::state {

[[nodiscard]] base::Result<std::unique_ptr<ports::Leadership>> OpenRunLocks(const std::string& state_directory);

// Who holds a lock of this cluster now, as they noted themselves. Takes no lock, and creates nothing.
[[nodiscard]] std::optional<ports::Holder> HolderOfRun(const std::string& state_directory, std::string_view lineage);

}  // namespace kadende::state
