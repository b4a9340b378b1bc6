// What a plan says of people's holds: who ordered what to be left alone, and what that keeps from being done.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/model/plan.h"

namespace kadende::cli {

// "web[1] is held by ann@host since ..., without an end: disk is copied", then "held back: web[1] would be replaced:
// its properties changed". At most `limit` holds are named. Not escaped.
[[nodiscard]] std::vector<std::string> HeldLines(const model::PlanGroup& group, std::size_t limit);

// "2 changes are held back."; empty for none.
[[nodiscard]] std::string HeldSummary(const model::Plan& plan);

}  // namespace kadende::cli
