// `resourceProperties` of the sim provider.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/diagnostics.h"

namespace kadende::providers {

[[nodiscard]] base::Diagnostics ValidateSimProperties(std::string_view properties);

// The value of the top-level string member `cloud` of a JSON object, read without building a value: it runs for every
// create. Nothing where there is none, or the text is no JSON object.
[[nodiscard]] std::optional<std::string> CloudOf(std::string_view properties);

}  // namespace kadende::providers
