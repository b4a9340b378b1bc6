// What a published version says of its plan beside subject and text, for programs (ports/history.h names the trailers).
#pragma once

#include <map>
#include <string>

#include "engine/model/plan.h"

namespace kadende::apply {

// Reasons with the number of nodes that change for them, and what is rolled back to. Empty for a plan without changes.
[[nodiscard]] std::map<std::string, std::string> TrailersOf(const model::Plan& plan);

// "5" of a plan's rollback "5 <commit>"; empty: none.
[[nodiscard]] std::string RollbackSerial(const model::Plan& plan);

}  // namespace kadende::apply
