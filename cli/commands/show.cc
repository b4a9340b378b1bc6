#include "cli/commands/show.h"

#include <filesystem>

#include "cli/commands/plan.h"
#include "cli/lost_cluster.h"
#include "cli/saved_plan.h"
#include "cli/view/log_text.h"
#include "cli/view/nodes_table.h"
#include "cli/view/terraform_plan.h"

namespace kadende::cli {
namespace {

bool WantsJson(const ShowOptions& options, const Console& console) {
  return options.format == "json" || console.common().json;
}

// The state that the plan was made on, where it is still to be had: nothing is lost without it but the nodes that the
// plan leaves alone.
std::optional<model::ClusterState> StateOfPlan(const model::SavedPlan& saved, const Console& console) {
  if (saved.plan.lineage.empty()) return model::ClusterState();  // a first apply
  SessionOptions options;
  options.state_directory = console.common().state.empty() ? saved.state_dir : StateDirectory(console.common(), "");
  auto session = Session::Open(std::move(options));
  if (!session) return std::nullopt;
  auto state = (*session)->Load(saved.plan.lineage);
  if (!state || state->cluster.lineage != saved.plan.lineage || state->cluster.serial != saved.plan.serial) {
    return std::nullopt;
  }
  return std::move(*state);
}

int ShowPlan(const ShowOptions& options, const std::string& text, Console& console) {
  auto saved = ParseSavedPlan(options.what, text);
  if (!saved) return console.Fail(saved.error());
  if (!WantsJson(options, console)) {
    console.Out(FormatPlan(saved->plan, options.format, console));
    return kExitOk;
  }
  const auto state = StateOfPlan(*saved, console);
  WriteTerraformPlan(saved->plan, {state ? &*state : nullptr, saved->variables, KADENDE_VERSION},
                     [&console](std::string_view piece) { console.Out(piece); });
  return kExitOk;
}

// "shop@12" -> the cluster's name (from state where it is there, so that ids work) and the revision.
int ShowPublished(const ShowOptions& options, std::size_t at, Session& session, Console& console) {
  std::string name = options.what.substr(0, at);
  if (auto cluster = session.Find(name)) name = cluster->name;
  auto historic = session.history().Read(name, options.what.substr(at + 1));
  if (!historic) return console.Fail(historic.error());
  if (WantsJson(options, console)) {
    console.Out(NodesJson({historic->state}));
    return kExitOk;
  }
  LogTextOptions text;
  text.color = console.color_out();
  text.now = session.clock().Now();
  console.Out(ShowText(*historic, text));
  return kExitOk;
}

}  // namespace

void DefineShow(CommandSetup& setup, ShowOptions& options) {
  setup.Add({"CLUSTER[@REV]|PLAN",
             "",
             "A cluster (name, id or lineage), its state at a serial, commit or HEAD~n, or a saved plan; default: the "
             "only cluster",
             {},
             false},
            &options.what);
  setup.Add({"--format", "text|json|markdown", "markdown: saved plans only", {"text", "json", "markdown"}, false},
            &options.format);
}

int RunShow(const ShowOptions& options, Console& console) {
  if (auto text = ReadSavedPlan(options.what)) return ShowPlan(options, *text, console);
  std::error_code no_file;
  if (std::filesystem::is_regular_file(options.what, no_file)) {
    return console.Fail(options.what + " is not a saved plan; `kadende plan --out FILE` makes one");
  }
  if (options.format == "markdown")
    return console.Fail("--format markdown is for saved plans; a cluster has text and json");
  auto session = OpenHere(console, false);
  if (!session) return console.Fail(session.error());
  const auto at = options.what.rfind('@');
  if (at != std::string::npos) return ShowPublished(options, at, **session, console);
  auto cluster = FindCluster(**session, console, options.what);
  if (!cluster) return console.Fail(cluster.error());
  auto state = (*session)->Load(cluster->lineage);
  if (!state) return console.Fail(state.error());
  NodesTableOptions table;
  table.color = console.color_out();
  table.now = (*session)->clock().Now();
  if (WantsJson(options, console)) {
    console.Out(NodesJson({*state}, table));
  } else {
    console.Out(ClusterText(*state, table));
  }
  return kExitOk;
}

}  // namespace kadende::cli
