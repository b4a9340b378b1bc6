// What of an instance's attributes state may keep: only those that the manifest lists. Pure.
#pragma once

#include <string>
#include <string_view>

#include "engine/model/manifest.h"

namespace kadende::plan {

// Canonical JSON object. `attributes` that are no JSON object give "{}": they come from a provider, and nothing of ours
// depends on them.
[[nodiscard]] std::string KeptAttributes(std::string_view attributes, const model::Manifest& manifest);

}  // namespace kadende::plan
