// `kadende schema`: JSON Schema (draft 2020-12) and reference text of the configuration language, from the key table.
#pragma once

#include <string>

namespace kadende::lang {

[[nodiscard]] std::string JsonSchema();     // pretty-printed, with trailing newline
[[nodiscard]] std::string ReferenceText();  // Markdown

}  // namespace kadende::lang
