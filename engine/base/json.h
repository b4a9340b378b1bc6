// The one JSON value of the contract. Include this in .cc files; headers use json_fwd.h, because the full
// header costs a second of compile time.
//
// Object keys of base::Json are sorted, so Canonical() gives the same bytes for the same value: it is what
// revisions, plans and stored documents hash.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "engine/base/json_fwd.h"
#include "engine/base/result.h"

namespace kadende::base {

// Compact, sorted keys, UTF-8 as it is, no trailing newline.
[[nodiscard]] std::string Canonical(const Json& value);
// Errors carry the position; duplicate keys are refused; depth is limited to 100.
[[nodiscard]] Result<Json> ParseJson(std::string_view text);

}  // namespace kadende::base
