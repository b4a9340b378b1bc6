// Steps "read" and "parse": YAML bytes -> ClusterSpec and Diagnostics. Reads no file and knows no provider.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/base/diagnostics.h"
#include "engine/model/spec.h"

namespace kadende::lang {

struct ParseOptions {
  std::string file;                              // for messages
  std::map<std::string, std::string> variables;  // --var and --var-file, as text; typed by the file's declarations
  // To judge the file alone: a variable without value and default is no error, and what uses it is not judged. Such a
  // spec is not for planning.
  bool variables_may_lack = false;
};

// Positions of values, by path ("groups.web.resourceProperties.args[1]"), so that later findings (a provider's
// Validate) can be shown in the file.
using SourceMap = std::map<std::string, base::SourceRange>;

struct ParsedSpec {
  model::ClusterSpec spec;        // meaningful only without errors
  base::Diagnostics diagnostics;  // sorted, with excerpts
  SourceMap positions;
};

[[nodiscard]] ParsedSpec Parse(std::string_view bytes, const ParseOptions& options);

// A --var-file: a YAML mapping of names to scalars.
struct VariableFile {
  std::map<std::string, std::string> values;
  base::Diagnostics diagnostics;
};
[[nodiscard]] VariableFile ParseVariables(std::string_view bytes, std::string_view file);

}  // namespace kadende::lang
