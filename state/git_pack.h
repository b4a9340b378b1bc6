// A git pack stream: version 2, no deltas, zlib level 1. Node files differ in every token, so deltas would save little
// and cost seconds; libgit2's own pack builder took 4 to 6 s where this takes a third of one (MEASURED).
#pragma once

#include <functional>
#include <string_view>

#include "engine/base/result.h"
#include "state/git_repository.h"

namespace kadende::state {

// Calls `append` with consecutive pieces; it returns false to stop, which is not an error here.
[[nodiscard]] base::Status StreamPack(const ObjectBatch& batch, const std::function<bool(std::string_view)>& append);

}  // namespace kadende::state
