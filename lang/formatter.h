// `kadende fmt`: the same document in canonical layout: two spaces, keys in the order of the key table, one style of
// quotes, comments kept.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/diagnostics.h"

namespace kadende::lang {

struct FormatResult {
  std::string text;  // meaningful without errors
  base::Diagnostics diagnostics;
};
// Formatting what is formatted changes nothing, and Parse gives the same spec before and after.
[[nodiscard]] FormatResult Format(std::string_view bytes, std::string_view file);

}  // namespace kadende::lang
