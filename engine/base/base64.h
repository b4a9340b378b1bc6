#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kadende::base {

// The other way: ToBase64 (digest.h). Padding may lack; nullopt: no base64.
[[nodiscard]] std::optional<std::string> FromBase64(std::string_view text);

}  // namespace kadende::base
