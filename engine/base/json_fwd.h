#pragma once

#include <nlohmann/json_fwd.hpp>

namespace kadende::base {

using Json = nlohmann::json;

}  // namespace kadende::base
