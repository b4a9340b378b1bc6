// What `kadende adopt` is about to do. Pure; foreign text is escaped.
#pragma once

#include <string>

#include "engine/apply/adoption.h"

namespace kadende::cli {

// Ends with a newline.
[[nodiscard]] std::string AdoptionText(const apply::Adoption& adoption, const std::string& cluster);
// One object, without a newline: node, instance, incarnation, scope, from, differences.
[[nodiscard]] std::string AdoptionJson(const apply::Adoption& adoption);

}  // namespace kadende::cli
