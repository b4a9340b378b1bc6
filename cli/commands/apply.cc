#include "cli/commands/apply.h"

#include "cli/commands/rollback.h"
#include "cli/saved_plan.h"

namespace kadende::cli {
namespace {

int ApplySaved(const ApplyOptions& options, const std::string& text, Console& console) {
  if (!options.reviewed.empty()) {
    return console.Fail("--reviewed is for a cluster file; " + options.planning.path + " is a saved plan itself");
  }
  if (!options.planning.targets.empty() || !options.planning.replaces.empty() || !options.planning.variables.empty() ||
      !options.planning.variable_files.empty() || options.planning.abandon) {
    return console.Fail(
        options.planning.path +
        " is a saved plan: --target, --replace, --abandon, --var and --var-file were settled when it was made");
  }
  auto saved = ParseSavedPlan(options.planning.path, text);
  if (!saved) return console.Fail(saved.error());
  auto planning = PrepareSaved(console, *saved);
  if (!planning) return console.Fail(planning.error());
  ChangeRequest request;
  request.plan = OptionsOfSaved(saved->plan);
  request.plan.new_lineage = options.planning.new_lineage;
  request.kind = saved->plan.destroy ? model::RunKind::kDestroy : model::RunKind::kApply;
  request.reviewed = &saved->plan;
  request.compare_secrets = saved->plan.secrets_compared;  // neither less nor more than what was reviewed
  request.running = options.running;
  const int code = Change(console, *planning, std::move(request));
  if (code == kExitOk && !saved->plan.rollback.empty()) NoteFileDiffers(console, *planning, saved->plan.rollback);
  return code;
}

// A plan that comes from where it could have been tampered with (an artifact of a pull request): it can make the run
// refuse, and nothing else.
base::Result<model::SavedPlan> ReadReviewed(const std::string& path) {
  const auto text = ReadSavedPlan(path);
  if (!text) {
    return base::Fail(base::ErrorCode::kInvalid, path + " is not a saved plan; `kadende plan --out FILE` makes one");
  }
  return ParseSavedPlan(path, *text);
}

}  // namespace

void DefineApply(CommandSetup& setup, ApplyOptions& options) {
  setup.Add({"FILE|DIR|PLAN",
             "",
             "A cluster file, or a plan saved by `plan --out`; default: the one file in this folder",
             {},
             false},
            &options.planning.path);
  DefineRunning(setup, options.running);
  setup.Add({"--reviewed",
             "PLAN",
             "Apply FILE without asking, if that does what this saved plan showed; else say what differs",
             {},
             false},
            &options.reviewed);
  setup.Add({"--abandon", "", "Return from an unfinished run to what was before it", {}, false},
            &options.planning.abandon);
  setup.Add({"--destroy", "", "Destroy all nodes, as `kadende destroy`", {}, false}, &options.planning.destroy);
  DefineSecrets(setup, options.planning);
  DefinePlanning(setup, options.planning);
}

int RunApply(const ApplyOptions& options, Console& console) {
  if (auto text = ReadSavedPlan(options.planning.path)) return ApplySaved(options, *text, console);
  std::optional<model::SavedPlan> reviewed;
  if (!options.reviewed.empty()) {
    auto read = ReadReviewed(options.reviewed);
    if (!read) return console.Fail(read.error());
    reviewed = std::move(*read);
  }
  auto planning = Prepare(console, options.planning);
  if (!planning) return console.Fail(planning.error());
  ChangeRequest request;
  request.plan = ToPlanOptions(options.planning, {});
  if (reviewed) request.reviewed = &reviewed->plan;
  request.kind = options.planning.destroy ? model::RunKind::kDestroy : model::RunKind::kApply;
  // The hash that is approved is that of a plan that a person saw, which compared secrets only if told to.
  request.compare_secrets = options.planning.secrets || options.running.approve.empty();
  if (reviewed) request.compare_secrets = reviewed->plan.secrets_compared;
  request.running = options.running;
  return Change(console, *planning, std::move(request));
}

}  // namespace kadende::cli
