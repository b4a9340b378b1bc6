#include "cli/commands/plan.h"

#include <filesystem>

#include "cli/saved_plan.h"
#include "cli/signals.h"
#include "cli/view/json_events.h"
#include "cli/view/plan_markdown.h"
#include "cli/view/plan_text.h"
#include "cli/view/terraform_plan.h"
#include "engine/model/plan_json.h"

namespace kadende::cli {
namespace {

void Print(const plan::Planned& planned, const PlanCommandOptions& options, Console& console) {
  const model::Plan& plan = planned.plan;
  if (console.common().json) {
    JsonEvents json(console.OutSink());
    json.Version(KADENDE_VERSION);
    json.Plan(plan);
    json.Diagnostics(plan.diagnostics);
    return;
  }
  if (options.format == "json") {
    WriteTerraformPlan(plan, {&planned.state, planned.desired.variables, KADENDE_VERSION},
                       [&console](std::string_view piece) { console.Out(piece); });
    return;
  }
  console.Out(FormatPlan(plan, options.format, console));
}

}  // namespace

base::Status SavePlan(const Planning& planning, const model::Plan& plan, const std::string& file) {
  std::error_code error;
  model::SavedPlan saved;
  saved.plan = plan;
  saved.spec_text = planning.configuration.spec.text;
  saved.spec_path = std::filesystem::absolute(planning.configuration.path, error).lexically_normal().string();
  saved.spec_place = PlaceInWorkTree(saved.spec_path);
  saved.tool_version = KADENDE_VERSION;
  saved.state_dir = std::filesystem::absolute(planning.session_options.state_directory, error).string();
  saved.variables = planning.configuration.spec.variables;
  return WriteFile(file, model::SavedPlanToJson(saved));
}

std::string FormatPlan(const model::Plan& plan, const std::string& format, const Console& console) {
  if (format == "markdown") return PlanMarkdown(plan);
  if (console.common().quiet) return PlanSummary(plan) + "\n";
  PlanTextOptions options;
  options.color = console.color_out();
  options.verbose = console.common().verbose;
  return PlanText(plan, options);
}

void DefinePlan(CommandSetup& setup, PlanCommandOptions& options) {
  setup.Add({"FILE|DIR", "", "The cluster file; default: the one in this folder", {}, false}, &options.planning.path);
  setup.Add({"-o,--out", "FILE", "Save the plan, for `kadende apply FILE`", {}, false}, &options.out);
  setup.Add({"--format",
             "text|json|markdown",
             "How to print the plan; json has the shape of Terraform's plans",
             {"text", "json", "markdown"},
             false},
            &options.format);
  setup.Add({"--detailed-exitcode", "", "Exit 0: nothing to do, 2: changes, 1: error", {}, false},
            &options.detailed_exitcode);
  setup.Add({"--destroy", "", "Plan to destroy all nodes", {}, false}, &options.planning.destroy);
  setup.Add({"--abandon", "", "Plan to return from an unfinished run to what was before it", {}, false},
            &options.planning.abandon);
  DefineSecrets(setup, options.planning);
  DefinePlanning(setup, options.planning);
}

int RunPlan(const PlanCommandOptions& options, Console& console) {
  // A plan has nothing to wind down: the first signal ends its looking at providers.
  Signals signals({"Interrupted.\n", ""}, [&console](const std::string& line) { console.Err(line); });
  auto planning = Prepare(console, options.planning);
  if (!planning) return console.Fail(planning.error());
  std::error_code no_such_file;
  if (std::filesystem::equivalent(options.out, planning->configuration.path, no_such_file)) {
    return console.Fail("--out " + options.out + " is the cluster file itself; name another file for the plan");
  }
  auto planned = MakePlanNow(*planning, ToPlanOptions(options.planning, signals.drain()), options.planning.secrets);
  if (signals.interrupted()) return kExitInterrupted;
  if (!planned) return console.Fail(planned.error());
  const model::Plan& plan = planned->plan;
  if (options.format == "json" || console.common().quiet) console.Show(plan.diagnostics);
  Print(*planned, options, console);
  if (plan.diagnostics.HasErrors()) return console.Fail("the plan cannot be applied");
  if (!options.out.empty()) {
    if (auto saved = SavePlan(*planning, plan, options.out); !saved) return console.Fail(saved.error());
    console.Note("\nSaved the plan to " + options.out + ". To perform exactly these actions, run:\n  kadende apply " +
                 options.out + "\n");
  }
  if (const std::string frozen = FrozenText(plan); !frozen.empty()) return console.Fail(frozen);
  return options.detailed_exitcode && ChangesAnything(plan) ? kExitChanges : kExitOk;
}

}  // namespace kadende::cli
