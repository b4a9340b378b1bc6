// One group: its checked mapping -> GroupSpec.
#pragma once

#include <string>

#include "engine/base/json.h"
#include "engine/model/spec.h"

namespace kadende::lang {

// What was wrong or missing keeps its default. `depends_on` is as written: validate.h resolves it.
[[nodiscard]] model::GroupSpec BindGroup(const base::Json& group, const std::string& path);

}  // namespace kadende::lang
