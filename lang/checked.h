// Reading of a checked mapping, in which what was wrong or left out is absent.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/json.h"

namespace kadende::lang {

// Null where there is none; it lives as long as the mapping.
[[nodiscard]] inline const base::Json& At(const base::Json& object, std::string_view key) {
  static const base::Json kNone;
  const auto found = object.find(key);
  return found == object.end() ? kNone : *found;
}

[[nodiscard]] inline std::string TextOr(const base::Json& value, std::string otherwise) {
  return value.is_string() ? value.get<std::string>() : std::move(otherwise);
}

[[nodiscard]] inline std::vector<std::string> Texts(const base::Json& list) {
  std::vector<std::string> out;
  for (const base::Json& item : list) out.push_back(item.get<std::string>());
  return out;
}

}  // namespace kadende::lang
