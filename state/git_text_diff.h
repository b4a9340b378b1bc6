// The difference of two texts as `git diff` shows it. libgit2's, so that it reads as people know it and stays fast.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace kadende::state {

// Unified, with three lines of context: "--- <before_name>", "+++ <after_name>", then hunks. Empty where the texts are
// the same. The texts are taken as they are: escape what is shown.
[[nodiscard]] base::Result<std::string> UnifiedDiff(std::string_view before, std::string_view after,
                                                    std::string_view before_name, std::string_view after_name);

}  // namespace kadende::state
