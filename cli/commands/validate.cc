#include "cli/commands/validate.h"

#include "cli/view/json_events.h"
#include "engine/base/text.h"

namespace kadende::cli {
namespace {

std::uint64_t CountOf(const base::Diagnostics& diagnostics, base::Severity severity) {
  std::uint64_t count = 0;
  for (const auto& item : diagnostics.items()) count += item.severity == severity ? 1 : 0;
  return count;
}

std::string Summary(const Configuration& configuration) {
  std::uint64_t nodes = 0;
  for (const auto& group : configuration.spec.groups) nodes += group.size;
  std::string text = configuration.path + " is valid: cluster " + base::EscapeTerminal(configuration.spec.name) + ", " +
                     base::Count(configuration.spec.groups.size(), "group") + ", " + base::Count(nodes, "node");
  const auto warnings = CountOf(configuration.diagnostics, base::Severity::kWarning);
  if (warnings > 0) text += "; " + base::Count(warnings, "warning");
  return text + "\n";
}

}  // namespace

void DefineValidate(CommandSetup& setup, ValidateOptions& options) {
  setup.Add({"FILE|DIR", "", "The cluster file; default: the one in this folder", {}, false}, &options.planning.path);
  DefineVariables(setup, options.planning);
}

int RunValidate(const ValidateOptions& options, Console& console) {
  base::Diagnostics of_variables;
  auto variables = ReadVariables(options.planning.variables, options.planning.variable_files, &of_variables);
  if (!variables) return console.Fail(variables.error());
  auto configuration = ReadConfiguration(options.planning.path, *variables, true);
  if (!configuration) return console.Fail(configuration.error());
  configuration->diagnostics.Append(std::move(of_variables));
  if (!configuration->diagnostics.HasErrors()) {
    if (auto checked = CheckWithApplied(console, *configuration); !checked) return console.Fail(checked.error());
  }
  const base::Diagnostics& diagnostics = configuration->diagnostics;
  if (console.common().json) {
    JsonEvents json(console.OutSink());
    json.Version(KADENDE_VERSION);
    json.Diagnostics(diagnostics);
  } else {
    console.Show(diagnostics);
  }
  if (diagnostics.HasErrors()) {
    return console.Fail(configuration->path + " has " +
                        base::Count(CountOf(diagnostics, base::Severity::kError), "error"));
  }
  if (!console.common().json && !console.common().quiet) console.Out(Summary(*configuration));
  return kExitOk;
}

}  // namespace kadende::cli
