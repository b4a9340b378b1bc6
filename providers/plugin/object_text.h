// Parameters of a call as text: no JSON value is made of what is text already.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/json.h"
#include "engine/base/result.h"
#include "engine/base/text.h"

namespace kadende::providers::plugin {

// A JSON object, member by member.
class ObjectText {
 public:
  ObjectText& Raw(std::string_view key, std::string_view json) {
    text_.append(text_.size() > 1 ? ",\"" : "\"").append(key).append("\":").append(json);
    return *this;
  }
  ObjectText& Text(std::string_view key, std::string_view value) { return Raw(key, base::QuoteJson(value)); }
  [[nodiscard]] std::string Take() { return std::move(text_) + "}"; }

 private:
  std::string text_ = "{";
};

// What was given as text goes on as text; it must be an object, on one line.
[[nodiscard]] inline base::Status CheckObject(std::string_view text, const char* what) {
  const bool one_line = text.find_first_of("\r\n") == std::string_view::npos;
  if (one_line && text.starts_with('{') && base::Json::accept(text)) return {};
  return base::Fail(base::ErrorCode::kInvalid, std::string(what) + " are no JSON object");
}

inline constexpr const char* kScopeTexts = "the scope properties";
inline constexpr const char* kPropertyTexts = "the properties";

}  // namespace kadende::providers::plugin
