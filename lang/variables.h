// `variables`: declarations of the file, and the values that they get from --var, --var-file and their defaults.
#pragma once

#include <map>
#include <string>

#include "lang/checker.h"

namespace kadende::lang {

// Fills scope->declared and scope->variables. Unknown, missing and ill-typed values are reported.
// `declarations` may be null (no `variables` in the file). `may_lack`: one without a value is not reported.
void ReadVariables(const Member* declarations, const std::map<std::string, std::string>& given, Report* report,
                   Scope* scope, bool may_lack = false);

}  // namespace kadende::lang
