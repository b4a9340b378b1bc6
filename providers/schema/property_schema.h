// What a plugin's manifest says of resourceProperties: JSON Schema, draft 7 (providers/README.md says how it is read).
// The work is done by valijson, in property_schema.cc alone; here it is put into words and places.
#pragma once

#include <memory>
#include <string_view>

#include "engine/base/diagnostics.h"
#include "engine/base/result.h"

namespace kadende::providers {

// Constant after Parse; Check may be called from several threads.
class PropertySchema {
 public:
  // kInvalid: no JSON, no schema, references that lead nowhere or in a circle. A schema is foreign text: it never makes
  // this throw, read or load anything.
  [[nodiscard]] static base::Result<PropertySchema> Parse(std::string_view schema);
  PropertySchema(PropertySchema&&) noexcept;
  ~PropertySchema();

  // Paths are relative to resourceProperties. Texts that hold ${...} are not known yet and are not judged, nor is what
  // depends on them.
  [[nodiscard]] base::Diagnostics Check(std::string_view properties) const;

 private:
  struct Impl;
  explicit PropertySchema(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kadende::providers
