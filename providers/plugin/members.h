// Members of a JSON object that a plugin sent, with errors that name them. Errors are kInternal: a plugin's defect.
#pragma once

#include <string>
#include <vector>

#include "engine/base/json.h"
#include "engine/base/result.h"

namespace kadende::providers::plugin {

[[nodiscard]] base::Status CheckResult(const base::Json& result);  // whether it is an object
[[nodiscard]] base::Result<std::string> RequiredText(const base::Json& object, const char* key);
// A member that is not there, or null, is as if empty.
[[nodiscard]] base::Result<std::string> OptionalText(const base::Json& object, const char* key);
[[nodiscard]] base::Result<std::vector<std::string>> OptionalTexts(const base::Json& object, const char* key);
[[nodiscard]] base::Result<std::string> OptionalObject(const base::Json& object, const char* key);  // canonical text
[[nodiscard]] base::Result<bool> OptionalBool(const base::Json& object, const char* key);

}  // namespace kadende::providers::plugin
