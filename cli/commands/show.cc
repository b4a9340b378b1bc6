#include "cli/commands/show.h"

#include <filesystem>

#include "cli/commands/plan.h"
#include "cli/lost_cluster.h"
#include "cli/opened_cluster.h"
#include "cli/revision_text.h"
#include "cli/saved_plan.h"
#include "cli/view/log_text.h"
#include "cli/view/nodes_table.h"
#include "cli/view/terraform_plan.h"
#include "engine/base/text.h"

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

// The file as it was applied, byte for byte: for `> shop.yml`.
int ShowSpec(const model::ClusterState& state, Console& console) {
  const std::string& text = state.cluster.spec_text;
  console.Out(console.common().json ? "{\"type\":\"spec\",\"text\":" + base::QuoteJson(text) + "}\n" : text);
  return kExitOk;
}

// "shop@12" or "@12": who, when, what and why, and the state as of that version.
int ShowPublished(const ShowOptions& options, Session& session, Console& console) {
  const RevisionText asked = ParseRevisionText(options.what);
  auto name = NameInSharedHistory(session, console, asked.cluster, options.offline);
  if (!name) return console.Fail(name.error());
  auto historic = session.history().Read(*name, asked.revision);
  if (!historic) return console.Fail(historic.error());
  if (options.spec) return ShowSpec(historic->state, console);
  LogTextOptions text;
  text.color = console.color_out();
  text.now = session.clock().Now();
  console.Out(WantsJson(options, console) ? ShowJson(*historic, text) : ShowText(*historic, text));
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
  setup.Add({"--spec", "", "The applied file alone, as it was", {}, false}, &options.spec);
  DefineOffline(setup, options.offline);
}

int RunShow(const ShowOptions& options, Console& console) {
  if (auto text = ReadSavedPlan(options.what); text && !options.spec) return ShowPlan(options, *text, console);
  std::error_code no_file;
  if (std::filesystem::is_regular_file(options.what, no_file)) {
    return console.Fail(options.what + " is not a saved plan; `kadende plan --out FILE` makes one");
  }
  if (options.format == "markdown")
    return console.Fail("--format markdown is for saved plans; a cluster has text and json");
  auto session = OpenHere(console, false);
  if (!session) return console.Fail(session.error());
  if (options.what.find('@') != std::string::npos) return ShowPublished(options, **session, console);
  auto cluster = FindShared(**session, console, options.what, options.offline);
  if (!cluster) return console.Fail(cluster.error());
  auto state = (*session)->Load(cluster->lineage);
  if (!state) return console.Fail(state.error());
  if (options.spec) return ShowSpec(*state, console);
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
