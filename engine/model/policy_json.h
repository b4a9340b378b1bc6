// GroupTarget and its policy as canonical JSON, for both stored forms. Reading fills fields that are absent with
// their defaults, so older documents stay readable.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/model/record.h"

namespace kadende::model {

[[nodiscard]] std::string TargetToJson(const GroupTarget& target);
[[nodiscard]] base::Result<GroupTarget> TargetFromJson(std::string_view text);

}  // namespace kadende::model
