#include "providers/plugin/members.h"

namespace kadende::providers::plugin {
namespace {

using base::Fail;
using base::Json;
using base::Result;

tl::unexpected<base::Error> Wrong(const char* key, const char* wanted) {
  return Fail(base::ErrorCode::kInternal, std::string("`") + key + "` is no " + wanted);
}

// Null where it is not there.
const Json* Member(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

}  // namespace

base::Status CheckResult(const Json& result) {
  if (result.is_object()) return {};
  return Fail(base::ErrorCode::kInternal, "`result` is no object");
}

Result<std::string> RequiredText(const Json& object, const char* key) {
  const Json* member = Member(object, key);
  if (member == nullptr) return Fail(base::ErrorCode::kInternal, std::string("`") + key + "` is missing");
  if (!member->is_string()) return Wrong(key, "string");
  return member->get<std::string>();
}

Result<std::string> OptionalText(const Json& object, const char* key) {
  return Member(object, key) == nullptr ? std::string() : RequiredText(object, key);
}

Result<std::vector<std::string>> OptionalTexts(const Json& object, const char* key) {
  std::vector<std::string> texts;
  const Json* member = Member(object, key);
  if (member == nullptr) return texts;
  if (!member->is_array()) return Wrong(key, "array of strings");
  for (const Json& item : *member) {
    if (!item.is_string()) return Wrong(key, "array of strings");
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

Result<std::string> OptionalObject(const Json& object, const char* key) {
  const Json* member = Member(object, key);
  if (member == nullptr) return std::string("{}");
  if (!member->is_object()) return Wrong(key, "object");
  return base::Canonical(*member);
}

Result<bool> OptionalBool(const Json& object, const char* key) {
  const Json* member = Member(object, key);
  if (member == nullptr) return false;
  if (!member->is_boolean()) return Wrong(key, "true or false");
  return member->get<bool>();
}

}  // namespace kadende::providers::plugin
