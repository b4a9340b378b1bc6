// What the schema says about one place of the properties, in words for people. Pure; needs no validator.
#pragma once

#include <string>
#include <vector>

#include "engine/base/json.h"

namespace kadende::providers {

// A step into a document: a key, or an index.
struct SchemaStep {
  std::string key;
  std::size_t index = 0;
  bool is_index = false;
};
using SchemaPath = std::vector<SchemaStep>;

[[nodiscard]] std::string PathText(const SchemaPath& path);  // "ports[0].host"
// The value at the path, or null.
[[nodiscard]] const base::Json* ValueAt(const base::Json& document, const SchemaPath& path);
// The subschema at the path, following `properties`, `items`, `additionalProperties` and local references; null where
// it cannot be told (it is in one of several alternatives).
[[nodiscard]] const base::Json* SchemaAt(const base::Json& schema, const SchemaPath& path);
// The schema that a chain of local references leads to; null: nowhere, or in a circle.
[[nodiscard]] const base::Json* Dereference(const base::Json& root, const base::Json* schema);

// "a whole number", "text or a list"; empty where the schema does not say.
[[nodiscard]] std::string TypesInWords(const base::Json& schema);
[[nodiscard]] std::string TypeInWords(const base::Json& value);
// `a`, `b` and `c`
[[nodiscard]] std::string Listed(const std::vector<std::string>& texts);
// A value as a person would write it, cut to a sensible length.
[[nodiscard]] std::string Shown(const base::Json& value);

}  // namespace kadende::providers
