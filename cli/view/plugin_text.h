// Plugins and pins as a person reads them. Pure; escaped for a terminal.
#pragma once

#include <cstdint>
#include <string>

#include "engine/model/plan.h"
#include "engine/model/plugin_pin.h"

namespace kadende::cli {

// "my-cloud 0.0.1 (sha256 2c26b46b68ff..., https://example.org/plugin)"; with several platforms each one's hash.
[[nodiscard]] std::string PinText(const model::PluginPin& pin);

[[nodiscard]] std::uint32_t NotLookedAtGroups(const model::Plan& plan);
// "not looked at: plugin `my-cloud` is not pinned in the applied state; ..."
[[nodiscard]] std::string NotLookedAtText(const model::PlanGroup& group);

}  // namespace kadende::cli
