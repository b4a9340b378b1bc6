#include "cli/planning.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "cli/cautious_providers.h"
#include "cli/lost_cluster.h"
#include "cli/plugin_ear.h"
#include "cli/plugins.h"
#include "cli/share.h"
#include "cli/view/plan_health.h"
#include "engine/apply/run_secrets.h"
#include "engine/base/text.h"

namespace kadende::cli {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;

[[nodiscard]] base::Status ShareForPlanning(Planning& planning, Console& console, bool acts);

// `destroy shop` where there is no such file, but such a cluster.
base::Result<Planning> PrepareCluster(Console& console, const PlanningOptions& options, base::Error no_file) {
  auto session = OpenHere(console, false);
  if (!session) return tl::unexpected(std::move(session.error()));
  auto cluster = FindCluster(**session, console, options.path);
  if (!cluster && !options.path.empty()) no_file.message += ", and " + cluster.error().message;
  if (!cluster) return tl::unexpected(options.path.empty() ? std::move(cluster.error()) : std::move(no_file));
  Planning planning;
  planning.has_file = false;
  planning.configuration.spec.name = cluster->name;
  planning.configuration.path = cluster->name;
  planning.lineage = cluster->lineage;
  (*session)->Focus(*cluster);
  planning.session_options = (*session)->options();
  planning.session = std::move(*session);
  if (auto shared = ShareForPlanning(planning, console, false); !shared) {
    return tl::unexpected(std::move(shared).error());
  }
  return planning;
}

// The remote that may have the state of what `text` means, by the cluster files here.
StateRemote RemoteByFile(const Session& session, const Console& console, std::string_view text) {
  const std::string& folder = session.options().base_directory;
  std::vector<std::string> names = ClusterNamesIn(folder);
  if (!text.empty()) std::erase_if(names, [&](const std::string& name) { return name != text; });
  if (names.size() != 1 || !console.common().state.empty()) return {};
  const auto spec = SharingSpecIn(folder, names.front());
  RemoteQuestion question;
  question.cluster = names.front();
  question.folder = folder;
  question.spec = spec ? &*spec : nullptr;
  return ChooseRemote(question, session.remotes());
}

SessionOptions OptionsHere(Console& console) {
  std::error_code error;
  SessionOptions options;
  options.state_directory = StateDirectory(console.common(), fs::current_path(error).string());
  options.plugin_directories = PluginDirectories(console.common());
  options.ear = std::make_shared<PluginEar>(console);
  return options;
}

base::Error InvalidFile(const Configuration& configuration) {
  std::uint64_t errors = 0;
  for (const auto& item : configuration.diagnostics.items()) errors += item.severity == base::Severity::kError ? 1 : 0;
  return base::Error{ErrorCode::kInvalid, configuration.path + " has " + base::Count(errors, "error"),
                     base::Effect::kNone, std::nullopt};
}

// The cluster's state, also where only git still has it.
base::Result<model::ClusterState> CurrentState(Planning& planning, std::vector<std::string>& notes) {
  if (planning.session->remote() != nullptr) {
    auto stored = planning.session->Load(planning.lineage);
    if (!stored) return stored;
    const std::string name = stored->IsNew() ? planning.configuration.spec.name : stored->cluster.name;
    auto looked = LookAtShared(*planning.session, name, std::move(*stored), planning.offline);
    if (!looked) return tl::unexpected(std::move(looked).error());
    if (looked->stale) planning.console->Err("warning: " + looked->notes.front() + "\n");
    std::move(looked->notes.begin(), looked->notes.end(), std::back_inserter(notes));
    if (!looked->state.IsNew()) return std::move(looked->state);
  }
  if (planning.lineage.empty() && planning.has_file) {
    auto published = planning.session->Published(planning.configuration.spec.name);
    if (!published) return tl::unexpected(std::move(published.error()));
    if (*published) return std::move(**published);
  }
  return planning.session->Load(planning.lineage);
}

// Before the remote was asked: what this machine knows.
model::PluginPins AppliedPins(Planning& planning, const std::string& lineage) {
  auto known =
      lineage.empty() ? base::Result<ports::ClusterSummary>(ports::ClusterSummary{}) : planning.session->Find(lineage);
  return known ? std::move(known->plugins) : model::PluginPins{};
}

bool HasPlugins(const model::ClusterSpec& spec) {
  return std::any_of(spec.groups.begin(), spec.groups.end(),
                     [](const model::GroupSpec& group) { return !providers::Catalog::IsBuiltIn(group.provider.name); });
}

base::Status ShareForPlanning(Planning& planning, Console& console, bool acts) {
  planning.console = &console;
  ShareRequest request;
  request.cluster = planning.configuration.spec.name;
  request.known = !planning.lineage.empty();
  request.acts = acts;
  request.offline = planning.offline;
  if (planning.has_file) request.spec = &planning.configuration.spec;
  if (request.known) {
    auto stored = planning.session->Find(planning.lineage);  // what a renamed file calls it is not its name yet
    if (stored) request.cluster = stored->name;
  }
  return ShareCluster(*planning.session, console, request);
}

// What a watch found out about nodes; a plan of its own looks at none. To destroy them all, it does not matter.
void TellHealth(Planning& planning, const plan::PlanOptions& options, plan::Planned& planned) {
  const std::string& lineage = planned.state.cluster.lineage;
  ports::HealthStore* store = planning.session->health();
  if (options.destroy || store == nullptr || lineage.empty()) return;
  auto health = store->LoadHealth(lineage);
  if (!health) {
    planned.plan.notes.push_back("the health of nodes could not be read: " + health.error().message);
    return;
  }
  AddHealth(planned.state, planned.view, *health, planned.plan.made_at, planned.plan);
}

}  // namespace

void DefineVariables(CommandSetup& setup, PlanningOptions& options) {
  setup.Add({"--var", "NAME=VALUE", "Value of a variable of the file (repeatable)", {}, false}, &options.variables);
  setup.Add({"--var-file", "FILE", "YAML file with values of variables (repeatable)", {}, false},
            &options.variable_files);
}

void DefineSecrets(CommandSetup& setup, PlanningOptions& options) {
  setup.Add(
      {"--secrets",
       "",
       "Read the secrets and compare them with what nodes were made with (needs KADENDE_STATE_KEY); apply does so "
       "unless it is given a plan or a hash",
       {},
       false},
      &options.secrets);
}

void DefinePlanning(CommandSetup& setup, PlanningOptions& options) {
  DefineVariables(setup, options);
  setup.Add(
      {"--target", "GROUP", "Only this group or folder of groups, and what it depends on (repeatable)", {}, false},
      &options.targets);
  setup.Add({"--replace", "NODE", "Replace this node, as web[0] or web-0 (repeatable)", {}, false}, &options.replaces);
  setup.Add({"--offline",
             "",
             "Do not look at the providers: take state for the world; plan asks no remote either",
             {},
             false},
            &options.offline);
  setup.Add({"--trust-ref",
             "REF",
             "Plugins that kadende.lock pins at this branch or commit may run while planning, besides those of the "
             "applied state",
             {},
             false},
            &options.trust_ref);
  setup.Add({"--new-lineage", "", "First apply, though another cluster of this name has machines", {}, false},
            &options.new_lineage);
}

std::string StateDirectory(const CommonOptions& common, const std::string& folder) {
  if (common.state.empty()) return (fs::path(folder) / ".kadende").string();
  std::error_code error;
  return fs::absolute(common.state, error).lexically_normal().string();
}

base::Result<std::unique_ptr<Session>> OpenHere(Console& console, bool write, std::string_view text) {
  SessionOptions options = OptionsHere(console);
  if (std::error_code error; write && !fs::exists(options.state_directory, error) && !error) {
    auto reading = Session::Open(options);
    if (!reading) return tl::unexpected(std::move(reading.error()));
    const bool remote_named = !console.common().state_remote.empty() || std::getenv("KADENDE_STATE_REMOTE") != nullptr;
    const StateRemote by_file = remote_named ? StateRemote{} : RemoteByFile(**reading, console, text);
    if (!remote_named && by_file.remote.empty() && !IsLost(**reading, text)) {
      return base::Fail(ErrorCode::kNotFound, "no state in " + options.state_directory +
                                                  "; run `kadende apply` first, or name the directory with --state" +
                                                  (by_file.note.empty() ? "" : ". " + by_file.note));
    }
  }
  options.write = write;
  return Session::Open(std::move(options));
}

base::Result<std::unique_ptr<Session>> OpenOrCreateHere(Console& console) {
  if (!console.common().state.empty()) return OpenHere(console, true);
  SessionOptions options = OptionsHere(console);
  options.write = true;
  return Session::Open(std::move(options));
}

base::Result<Planning> Prepare(Console& console, const PlanningOptions& options) {
  Planning planning;
  planning.offline = options.offline;
  base::Diagnostics variable_diagnostics;
  auto variables = ReadVariables(options.variables, options.variable_files, &variable_diagnostics);
  if (!variables) return tl::unexpected(std::move(variables.error()));
  auto configuration = ReadConfiguration(options.path, *variables);
  if (!configuration) {
    if (options.destroy && configuration.error().code == ErrorCode::kNotFound) {
      return PrepareCluster(console, options, std::move(configuration.error()));
    }
    return tl::unexpected(std::move(configuration.error()));
  }
  planning.configuration = std::move(*configuration);
  planning.configuration.diagnostics.Append(std::move(variable_diagnostics));
  planning.session_options.base_directory = planning.configuration.directory;
  planning.session_options.state_directory = StateDirectory(console.common(), planning.configuration.directory);
  planning.session_options.plugin_directories = PluginDirectories(console.common());
  planning.session_options.ear = std::make_shared<PluginEar>(console);
  planning.trust_ref = options.trust_ref;
  auto session = Session::Open(planning.session_options);
  if (!session) return tl::unexpected(std::move(session.error()));
  planning.session = std::move(*session);

  auto lineage = planning.session->LineageOf(planning.configuration.spec, planning.configuration.path);
  if (!planning.configuration.diagnostics.HasErrors() && !options.destroy) {
    auto used = UsePlugins(planning, &planning.configuration.spec, AppliedPins(planning, lineage.value_or("")));
    if (!used) return tl::unexpected(std::move(used.error()));
    CheckProperties(planning.configuration, planning.session->catalog(), true);
  }
  console.Show(planning.configuration.diagnostics);
  if (planning.configuration.diagnostics.HasErrors()) return tl::unexpected(InvalidFile(planning.configuration));
  if (!lineage) return tl::unexpected(std::move(lineage.error()));
  planning.lineage = std::move(*lineage);
  if (auto shared = ShareForPlanning(planning, console, false); !shared) {
    return tl::unexpected(std::move(shared).error());
  }
  return planning;
}

base::Status CheckWithApplied(Console& console, Configuration& configuration) {
  if (!HasPlugins(configuration.spec)) {
    providers::CatalogOptions options;
    options.base_directory = configuration.directory;
    providers::Catalog catalog(std::move(options));
    CheckProperties(configuration, catalog, false);
    return {};
  }
  Planning planning;
  planning.session_options.base_directory = configuration.directory;
  planning.session_options.state_directory = StateDirectory(console.common(), configuration.directory);
  planning.session_options.plugin_directories = PluginDirectories(console.common());
  planning.session_options.ear = std::make_shared<PluginEar>(console);
  auto session = Session::Open(planning.session_options);
  if (!session) return tl::unexpected(std::move(session.error()));
  planning.session = std::move(*session);
  const auto lineage = planning.session->LineageOf(configuration.spec, configuration.path);
  auto used = UsePlugins(planning, &configuration.spec, AppliedPins(planning, lineage.value_or("")));
  if (!used) return tl::unexpected(std::move(used.error()));
  CheckProperties(configuration, planning.session->catalog(), false);
  return {};
}

base::Status OpenForWriting(Planning& planning) {
  Catalogs catalogs;
  if (planning.session) catalogs = planning.session->LeaveCatalogs();
  planning.session.reset();  // a directory is open once in a process
  planning.session_options.write = true;
  planning.offline = false;  // who changes something asks
  auto session = Session::Open(planning.session_options, std::move(catalogs));
  if (!session) return tl::unexpected(std::move(session.error()));
  planning.session = std::move(*session);
  if (planning.has_file && !planning.is_published) {
    auto lineage = planning.session->LineageOf(planning.configuration.spec, planning.configuration.path);
    if (!lineage) return tl::unexpected(std::move(lineage.error()));
    planning.lineage = std::move(*lineage);
  }
  return ShareForPlanning(planning, *planning.console, true);
}

plan::PlanOptions ToPlanOptions(const PlanningOptions& options, std::stop_token stop) {
  plan::PlanOptions plan;
  plan.destroy = options.destroy;
  plan.offline = options.offline;
  plan.abandon = options.abandon;
  plan.new_lineage = options.new_lineage;
  plan.targets = options.targets;
  plan.replaces = options.replaces;
  plan.refresh.offline = options.offline;
  plan.refresh.stop = std::move(stop);
  return plan;
}

base::Result<model::PluginPins> UsePlugins(Planning& planning, const model::ClusterSpec* spec,
                                           const model::PluginPins& applied) {
  PluginQuestion question;
  question.spec = spec;
  question.folder = planning.session->options().base_directory;
  question.applied = applied;
  question.reviewed = planning.reviewed;
  question.trust_ref = planning.trust_ref;
  question.state_directory = planning.session->options().state_directory;
  auto use = DecidePlugins(question);
  if (!use) return tl::unexpected(std::move(use.error()));
  model::PluginPins of_file = spec == nullptr ? model::PluginPins{} : PinsOfGroups(*spec, use->pins);
  planning.session->catalog().UsePlugins(std::move(*use));
  return of_file;
}

base::Result<model::PluginPins> PluginsToAskFor(Planning& planning, const plan::PlanOptions& options) {
  const model::ClusterSpec* spec = SpecFor(planning, options);
  if (spec == nullptr || !HasPlugins(*spec)) return model::PluginPins{};
  std::vector<std::string> notes;  // told with the plan
  auto state = CurrentState(planning, notes);
  if (!state) return tl::unexpected(std::move(state.error()));
  auto of_file = UsePlugins(planning, spec, state->cluster.plugins);
  if (!of_file) return of_file;
  return FirstRuns(*of_file, state->cluster.plugins);
}

bool ChangesAnything(const model::Plan& plan) {
  return !plan.plugins.empty() || !plan.graph.actions.empty() || plan.continues_run || plan.abandons_run ||
         plan.reverses_destroy;
}

plan::PlanOptions WithProtection(const Planning& planning, plan::PlanOptions options) {
  if (!options.destroy || !planning.has_file) return options;
  for (const model::GroupSpec& group : planning.configuration.spec.groups) {
    if (group.policy.prevent_destroy) options.protected_groups.push_back(group.path);
    options.destroy_more_than = group.policy.destroy_more_than;  // the cluster's
  }
  return options;
}

const model::ClusterSpec* SpecFor(const Planning& planning, const plan::PlanOptions& options) {
  return options.destroy || options.abandon || !planning.has_file ? nullptr : &planning.configuration.spec;
}

base::Result<plan::Planned> MakePlanNow(Planning& planning, const plan::PlanOptions& options, bool compare_secrets) {
  std::vector<std::string> notes;
  auto state = CurrentState(planning, notes);
  if (!state) return tl::unexpected(std::move(state.error()));
  const model::ClusterSpec* spec = SpecFor(planning, options);
  if (spec == nullptr && state->IsNew()) {
    return base::Fail(ErrorCode::kNotFound, "cluster `" + planning.configuration.spec.name + "` was never applied: " +
                                                planning.session_options.state_directory + " knows nothing of it");
  }
  plan::PlanOptions all = WithProtection(planning, options);
  auto plugins = UsePlugins(planning, spec, state->cluster.plugins);
  if (!plugins) return tl::unexpected(std::move(plugins.error()));
  all.plugins = std::move(*plugins);
  apply::RunSecrets secrets(compare_secrets ? &planning.session->secrets() : nullptr);
  apply::CompareSecrets(secrets, state->cluster.lineage, all);
  CautiousProviders providers(planning.session->catalog(), *state);
  auto planned = plan::MakePlan(spec, std::move(*state), providers, all, planning.session->clock().Now());
  if (planned) {
    for (std::string& note : providers.Notes()) notes.push_back(std::move(note));
    auto& said = planned->plan.notes;
    said.insert(said.end(), notes.begin(), notes.end());
    TellHealth(planning, options, *planned);
    Locate(planning.configuration, planned->plan.diagnostics);
    LeaveOutKnown(planning.configuration, planned->plan.diagnostics);
  }
  return planned;
}

}  // namespace kadende::cli
