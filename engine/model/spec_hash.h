// The hash that a plan and a published version are bound to.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/base/digest.h"

namespace kadende::model {

// SHA-256 over a file's text and the values of its variables, as ClusterSpec has them.
[[nodiscard]] base::Digest SpecHash(std::string_view text, const std::map<std::string, std::string>& variables);

}  // namespace kadende::model
