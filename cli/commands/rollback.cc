#include "cli/commands/rollback.h"

#include <algorithm>
#include <filesystem>

#include "cli/commands/plan.h"
#include "cli/lost_cluster.h"
#include "cli/revision_text.h"
#include "cli/saved_plan.h"
#include "cli/view/json_events.h"
#include "engine/base/text.h"

namespace kadende::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestFile = 64U << 20U;

base::Error Invalid(std::string message) {
  return {base::ErrorCode::kInvalid, std::move(message), {}, {}};
}

// "shop 5", "shop@5", and "5" where there is only one cluster.
base::Result<RevisionText> Understand(const RollbackOptions& options) {
  if (!options.revision.empty()) return RevisionText{options.cluster, options.revision};
  RevisionText asked = ParseRevisionText(options.cluster);
  if (asked.cluster.empty() && !LooksLikeRevision(asked.revision)) asked = {asked.revision, {}};
  if (asked.revision.empty()) {
    return tl::unexpected(Invalid("roll back to which version? `kadende log " + asked.cluster + "` lists them"));
  }
  return asked;
}

// A version that nothing was wanted in, whatever its file says.
bool IsDestroyed(const model::ClusterState& state) {
  return std::all_of(state.groups.begin(), state.groups.end(),
                     [](const auto& group) { return group.second.record.target.revision.IsZero(); });
}

base::Status CheckVersion(const ports::HistoricState& version, const model::ClusterSpec& spec,
                          const std::string& lineage) {
  const std::string serial = std::to_string(version.commit.serial);
  if (version.state.cluster.lineage != lineage) {
    return base::Fail(base::ErrorCode::kInvalid,
                      "serial " + serial + " is of another cluster, which had this name before");
  }
  if (version.state.cluster.spec_text.empty()) {
    return base::Fail(base::ErrorCode::kInvalid, "serial " + serial + " has no file");
  }
  if (!spec.groups.empty() && IsDestroyed(version.state)) {
    return base::Fail(base::ErrorCode::kInvalid, "at serial " + serial +
                                                     " the cluster was destroyed: `kadende destroy " +
                                                     version.state.cluster.name + "` brings it there again");
  }
  return {};
}

// The version's file, as if it were read where the cluster's file is: relative paths start there.
base::Result<Planning> PrepareRollback(Console& console, const RevisionText& asked, bool offline,
                                       std::string* rollback) {
  auto session = OpenHere(console, false);
  if (!session) return tl::unexpected(std::move(session.error()));
  auto cluster = FindShared(**session, console, asked.cluster, offline);
  if (!cluster) return tl::unexpected(std::move(cluster.error()));
  auto version = (*session)->history().Read(cluster->name, asked.revision);
  if (!version) return tl::unexpected(std::move(version.error()));
  *rollback = std::to_string(version->commit.serial) + " " + version->commit.id;

  Planning planning;
  planning.console = &console;
  planning.is_published = true;
  planning.offline = offline;
  planning.lineage = cluster->lineage;
  planning.session_options = (*session)->options();
  Configuration& configuration = planning.configuration;
  configuration.directory = planning.session_options.base_directory;
  const std::string file = (*session)->files().FileOf(cluster->name);
  const std::string name = file.empty() ? cluster->name : fs::path(file).filename().string();
  std::error_code error;
  const fs::path path = fs::path(configuration.directory) / (name + "@" + std::to_string(version->commit.serial));
  configuration.path = fs::proximate(path, error).string();
  const model::ClusterRecord& kept = version->state.cluster;
  lang::ParsedSpec parsed = ParseKept(kept.spec_text, configuration.path, kept.variables);
  configuration.spec = std::move(parsed.spec);
  configuration.positions = std::move(parsed.positions);
  configuration.diagnostics = std::move(parsed.diagnostics);
  if (!configuration.diagnostics.HasErrors()) CheckProperties(configuration, (*session)->catalog(), true);
  console.Show(configuration.diagnostics);
  if (configuration.diagnostics.HasErrors()) {
    return tl::unexpected(Invalid("the file of serial " + std::to_string(version->commit.serial) +
                                  " is not valid any more; nothing was changed"));
  }
  if (auto fit = CheckVersion(*version, configuration.spec, cluster->lineage); !fit) {
    return tl::unexpected(std::move(fit.error()));
  }
  planning.session = std::move(*session);
  return planning;
}

int SaveOnly(const RollbackOptions& options, const plan::PlanOptions& plan, Planning& planning, Console& console) {
  auto planned = MakePlanNow(planning, plan);
  if (!planned) return console.Fail(planned.error());
  if (console.common().json) {
    JsonEvents json(console.OutSink());
    json.Version(KADENDE_VERSION);
    json.Plan(planned->plan);
    json.Diagnostics(planned->plan.diagnostics);
  } else {
    console.Out(FormatPlan(planned->plan, "text", console));
  }
  if (planned->plan.diagnostics.HasErrors()) return kExitError;
  if (auto saved = SavePlan(planning, planned->plan, options.out); !saved) return console.Fail(saved.error());
  console.Note("\nThe plan was saved to " + options.out + ". `kadende apply " + options.out + "` does exactly this.\n");
  return kExitOk;
}

}  // namespace

void DefineRollback(CommandSetup& setup, RollbackOptions& options) {
  setup.Add({"CLUSTER[@REV]", "", "Name, id or lineage; with one cluster the version alone will do", {}, true},
            &options.cluster);
  setup.Add({"REV", "", "The version to go back to: a serial, commit or HEAD~n", {}, false}, &options.revision);
  setup.Add({"-o,--out", "FILE", "Only plan, and save the plan for `kadende apply FILE`", {}, false}, &options.out);
  DefineRunning(setup, options.running);
  setup.Add(
      {"--target", "GROUP", "Only this group or folder of groups, and what it depends on (repeatable)", {}, false},
      &options.targets);
  setup.Add({"--offline", "", "Do not look at the providers: take state for the world", {}, false}, &options.offline);
}

int RunRollback(const RollbackOptions& options, Console& console) {
  auto asked = Understand(options);
  if (!asked) return console.Fail(asked.error());
  std::string rollback;
  auto planning = PrepareRollback(console, *asked, options.offline, &rollback);
  if (!planning) return console.Fail(planning.error());
  PlanningOptions wanted;
  wanted.targets = options.targets;
  wanted.offline = options.offline;
  ChangeRequest request;
  request.plan = ToPlanOptions(wanted, {});
  request.plan.rollback = rollback;
  request.running = options.running;
  if (!options.out.empty()) return SaveOnly(options, request.plan, *planning, console);
  const int code = Change(console, *planning, std::move(request));
  if (code == kExitOk) NoteFileDiffers(console, *planning, rollback);
  return code;
}

void NoteFileDiffers(Console& console, Planning& planning, const std::string& rollback) {
  const model::ClusterSpec& spec = planning.configuration.spec;
  const std::string file = planning.session->files().FileOf(spec.name);
  if (file.empty()) return;
  const auto text = ReadFile(file, kLargestFile);
  if (!text || *text == spec.text) return;
  std::error_code error;
  const std::string shown = base::EscapeTerminal(fs::proximate(file, error).string());
  const std::string version = base::EscapeTerminal(spec.name) + "@" + rollback.substr(0, rollback.find(' '));
  console.Note("\n" + shown +
               " still says what was rolled back: the next apply of it would bring that again. Take the "
               "old text over, and commit it:\n  kadende show " +
               version + " --spec > " + shown + "\n");
}

}  // namespace kadende::cli
