// The expression language behind expression.h: cutting a string into text and expressions, and evaluating one
// expression. For expression.cc only.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/json.h"
#include "engine/base/result.h"

namespace kadende::model {

// A reference's value: a JSON scalar, or nothing where it is not known in this step. Only called with names of the
// grammar.
using Lookup = std::function<base::Result<std::optional<base::Json>>(std::string_view name)>;

// A string cut into literal text and expressions. Borrows the string.
struct Part {
  bool expression = false;
  std::string_view text;   // of an expression: without `${` and `}`
  std::size_t offset = 0;  // of `text` in the whole
};
[[nodiscard]] base::Result<std::vector<Part>> Cut(std::string_view text);

// nullopt: depends on something that is not known in this step; the syntax was checked to the end all the same.
[[nodiscard]] base::Result<std::optional<base::Json>> Evaluate(const Part& part, const Lookup& lookup);

}  // namespace kadende::model
