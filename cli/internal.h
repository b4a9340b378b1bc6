// Commands for scripts and the build, in no help text: `kadende __complete WORD...` answers a shell's question,
// `kadende __man DIR` writes the manual pages. Their words are read as they are, not as options of ours.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kadende::cli {

[[nodiscard]] bool IsInternal(std::string_view word);
[[nodiscard]] int RunInternal(const std::vector<std::string>& words);

}  // namespace kadende::cli
