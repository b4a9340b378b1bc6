#include "cli/session.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "cli/configuration.h"
#include "cli/plugin_ear.h"
#include "cli/plugins.h"
#include "providers/hook/hook_runner.h"
#include "state/git_lines.h"
#include "state/git_remote.h"
#include "state/run_lock.h"

namespace kadende::cli {
namespace {

namespace fs = std::filesystem;
constexpr base::Millis kReaderPatience = std::chrono::seconds(15);  // with a remote; readers can do without
using base::ErrorCode;

// The folder that holds the state directory: what it is for a `.kadende` at its usual place.
std::string ParentOf(const std::string& directory) {
  std::error_code error;
  fs::path path = fs::absolute(directory, error).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  return path.parent_path().string();
}

std::string ListNames(const std::vector<ports::ClusterSummary>& clusters) {
  std::string text;
  for (const auto& cluster : clusters) {
    text += (text.empty() ? "" : ", ") + cluster.name + " (id " + cluster.id + ", lineage " + cluster.lineage + ")";
  }
  return text;
}

}  // namespace

Session::Session(SessionOptions options)
    : options_(std::move(options)),
      files_(options_.state_directory),
      folders_(options_.state_directory),
      remotes_(options_.state_directory),
      lines_(state::OpenGitLines(options_.state_directory)),
      history_(std::make_unique<LazyHistory>(GitOptionsAt(options_.base_directory, false))) {}

state::GitOptions Session::GitOptionsAt(const std::string& directory, bool shared) const {
  state::GitOptions git;
  git.state_directory = options_.state_directory;
  git.enclosing_from = directory;
  git.read_only = !options_.write;
  git.write_enclosing = !shared;
  git.fetched = fetched_;
  return git;
}

base::Result<std::unique_ptr<Session>> Session::Open(SessionOptions options, Catalogs catalogs) {
  if (options.base_directory.empty()) options.base_directory = ParentOf(options.state_directory);
  auto session = std::unique_ptr<Session>(new Session(std::move(options)));
  session->catalogs_ = std::move(catalogs);
  state::LmdbOptions lmdb;
  lmdb.read_only = !session->options_.write;
  auto store = state::OpenLmdbStore(session->options_.state_directory, lmdb);
  if (store) {
    session->store_ = std::move(*store);
  } else if (session->options_.write || store.error().code != ErrorCode::kNotFound) {
    return tl::unexpected(std::move(store.error()));
  }
  return session;
}

std::string Session::FolderOf(std::string_view cluster) const {
  std::string folder = folders_.FolderOf(cluster);  // watch sees what was applied since
  return folder.empty() ? options_.base_directory : folder;
}

std::unique_ptr<ports::History> Session::NewHistoryAt(const std::string& folder, bool shared) const {
  return std::make_unique<LazyHistory>(GitOptionsAt(folder, shared));
}

void Session::Share(const StateRemote& remote) {
  shared_ = remote;
  answer_.reset();
  remote_ = remote.remote.empty() ? nullptr : &RemoteAt(options_.base_directory, remote.remote);
  history_ = std::make_unique<LazyHistory>(GitOptionsAt(options_.base_directory, remote_ != nullptr));
}

base::Result<ports::RemoteView> Session::Ask(const std::string& cluster) {
  if (auto kept = std::exchange(answer_, std::nullopt)) return std::move(*kept);
  return remote_->Fetch(cluster);
}

ports::Remote& Session::RemoteAt(const std::string& folder, const std::string& remote) {
  const std::lock_guard lock(remotes_mutex_);
  auto& opened = open_remotes_[{folder, remote}];
  if (!opened) {
    state::GitRemoteOptions options;
    options.state_directory = options_.state_directory;
    options.folder = folder;
    options.remote = remote;
    options.clock = &clock_;
    if (!options_.write) options.limit = kReaderPatience;
    opened = state::OpenGitRemote(options);
  }
  return *opened;
}

base::Status Session::RememberRemote(std::string_view cluster) const {
  return remotes_.Remember(cluster, shared_);
}

apply::RunPorts Session::SharedPorts() {
  apply::RunPorts ports;
  ports.clock = &clock_;
  if (remote_ == nullptr) return ports;
  ports.remote = remote_;
  ports.lines = lines_.get();
  ports.run_lifetime = RunLifetime();
  ports.unclaimed_when_lost = shared_.continue_on_loss;
  return ports;
}

void Session::Focus(const ports::ClusterSummary& cluster) {
  options_.base_directory = FolderOf(cluster.name);
  history_ = std::make_unique<LazyHistory>(GitOptionsAt(options_.base_directory, remote_ != nullptr));
  catalog().UsePlugins(AppliedPlugins(cluster.plugins));
}

base::Result<ports::Leadership*> Session::leadership() {
  if (!leadership_) {
    auto locks = state::OpenRunLocks(options_.state_directory);
    if (!locks) return tl::unexpected(std::move(locks.error()));
    leadership_ = std::move(*locks);
  }
  return leadership_.get();
}

std::unique_ptr<providers::Catalog> Session::MakeCatalog(const std::string& folder) const {
  providers::CatalogOptions options;
  options.base_directory = folder;
  options.plugins = {PluginCacheIn(options_.state_directory), options_.plugin_directories};
  if (options_.ear) options.on_note = [ear = options_.ear](const auto& note) { ear->Hear(note); };
  return std::make_unique<providers::Catalog>(std::move(options));
}

Catalogs Session::LeaveCatalogs() {
  const std::lock_guard lock(catalogs_mutex_);
  return std::exchange(catalogs_, {});
}

providers::Catalog& Session::CatalogAt(const std::string& folder) {
  const std::lock_guard lock(catalogs_mutex_);
  auto& catalog = catalogs_[folder];
  if (!catalog) catalog = MakeCatalog(folder);
  return *catalog;
}

providers::Catalog& Session::CatalogOf(const std::string& folder, const std::string& lineage,
                                       model::PluginPins applied) {
  const std::lock_guard lock(catalogs_mutex_);
  auto& catalog = catalogs_[folder + '\n' + lineage];
  if (!catalog) catalog = MakeCatalog(folder);
  catalog->UsePlugins(AppliedPlugins(std::move(applied)));
  return *catalog;
}

EnvironmentSecrets& Session::SecretsAt(const std::string& folder) {
  const std::lock_guard lock(catalogs_mutex_);
  return secrets_.try_emplace(folder, folder).first->second;
}

ports::HookRunner& Session::HooksAt(const std::string& folder) {
  const std::lock_guard lock(catalogs_mutex_);
  auto& hooks = hooks_[folder];
  if (!hooks) hooks = providers::MakeHookRunner({.base_directory = folder});
  return *hooks;
}

base::Result<std::vector<ports::ClusterSummary>> Session::Clusters() {
  if (!store_) return std::vector<ports::ClusterSummary>{};
  return store_->Clusters();
}

std::optional<ports::Holder> Session::AtWork(std::string_view lineage) const {
  return state::HolderOfRun(options_.state_directory, lineage);
}

base::Result<model::ClusterState> Session::Load(std::string_view lineage) {
  if (const auto followed = followed_.find(lineage); followed != followed_.end()) return followed->second;
  return LoadHere(lineage);
}

base::Result<model::ClusterState> Session::LoadHere(std::string_view lineage) {
  if (lineage.empty()) return model::ClusterState{};
  if (const auto published = published_.find(lineage); published != published_.end()) return published->second;
  if (!store_) return base::Fail(ErrorCode::kNotFound, "no state in " + options_.state_directory);
  return store_->Load(lineage);
}

base::Result<std::string> Session::LineageOf(const model::ClusterSpec& spec, std::string_view file) {
  auto clusters = Clusters();
  if (!clusters) return tl::unexpected(std::move(clusters.error()));
  std::vector<ports::ClusterSummary> named;
  for (const auto& cluster : *clusters) {
    if (!spec.id.empty() && cluster.id == spec.id) return cluster.lineage;
    if (cluster.name == spec.name) named.push_back(cluster);
  }
  if (named.size() == 1) {
    if (spec.id.empty()) return named[0].lineage;
    return base::Fail(ErrorCode::kConflict, "cluster `" + spec.name + "` in " + options_.state_directory +
                                                " has the id `" + named[0].id + "`, the file says `" + spec.id +
                                                "`: correct the id, or give the new cluster another name");
  }
  if (named.size() > 1) {
    return base::Fail(ErrorCode::kConflict, "several clusters are called `" + spec.name + "`: " + ListNames(named) +
                                                "; write the id of the one that is meant into the file");
  }
  if (!spec.id.empty()) return std::string{};
  for (const std::string& former : files_.ClustersOf(file)) {
    if (IsNamedBeside(file, former)) continue;  // another file has taken that cluster over
    for (const auto& cluster : *clusters) {
      if (cluster.name == former) return cluster.lineage;
    }
  }
  return std::string{};
}

base::Result<ports::ClusterSummary> Session::Find(std::string_view text) {
  auto clusters = Clusters();
  if (!clusters) return tl::unexpected(std::move(clusters.error()));
  if (clusters->empty()) {
    return base::Fail(ErrorCode::kNotFound, "no cluster was applied with the state in " + options_.state_directory +
                                                "; run `kadende apply` first, or name the directory with --state");
  }
  if (text.empty()) {
    if (clusters->size() == 1) return clusters->front();
    return base::Fail(ErrorCode::kInvalid, "which cluster? There are several: " + ListNames(*clusters));
  }
  const auto matching = [&](auto&& matches) {
    std::vector<ports::ClusterSummary> found;
    std::copy_if(clusters->begin(), clusters->end(), std::back_inserter(found), matches);
    return found;
  };
  auto found = matching([&](const auto& cluster) { return cluster.lineage == text; });
  if (found.empty()) found = matching([&](const auto& cluster) { return cluster.id == text; });
  if (found.empty()) found = matching([&](const auto& cluster) { return cluster.name == text; });
  if (found.empty() && text.size() >= kShortestLineagePrefix) {
    found = matching([&](const auto& cluster) { return cluster.lineage.starts_with(text); });
  }
  if (found.size() == 1) return found.front();
  const std::string there = found.empty() ? ListNames(*clusters) : ListNames(found);
  return base::Fail(
      found.empty() ? ErrorCode::kNotFound : ErrorCode::kInvalid,
      (found.empty() ? "no cluster `" : "several clusters match `") + std::string(text) + "`; there is " + there);
}

base::Result<std::optional<model::ClusterState>> Session::Published(std::string_view name) {
  auto tip = history_->Tip(name);
  if (!tip && tip.error().code == ErrorCode::kNotFound) return std::nullopt;
  if (!tip) return tl::unexpected(std::move(tip.error()));
  if (!*tip) return std::nullopt;
  auto read = history_->Read(name, (*tip)->id);
  if (!read) return tl::unexpected(std::move(read.error()));
  return std::optional(std::move(read->state));
}

base::Result<std::string> Session::Restore(const model::ClusterState& state) {
  model::StateChanges changes;
  changes.emplace_back(model::ClusterRecorded{state.cluster});
  for (const auto& [path, group] : state.groups) {
    changes.emplace_back(model::GroupRecorded{group.record});
    for (const auto& [key, node] : group.nodes) changes.emplace_back(model::NodeChanged{path, node});
  }
  // What was just read is what is published: nothing is left to publish.
  changes.emplace_back(model::Published{state.cluster.serial, state.cluster.commit});
  if (auto done = store_->Commit(state.cluster.lineage, changes); !done) {
    return tl::unexpected(std::move(done.error()));
  }
  return state.cluster.lineage;
}

void Session::UsePublished(model::ClusterState state) {
  std::string lineage = state.cluster.lineage;
  published_.insert_or_assign(std::move(lineage), std::move(state));
}

void Session::Follow(model::ClusterState state, const std::string& tip) {
  fetched_ = tip.empty() ? state::FetchedLine{} : state::FetchedLine{state.cluster.name, tip};
  history_ = std::make_unique<LazyHistory>(GitOptionsAt(options_.base_directory, remote_ != nullptr));
  catalog().UsePlugins(AppliedPlugins(state.cluster.plugins));
  std::string lineage = state.cluster.lineage;
  followed_.insert_or_assign(std::move(lineage), std::move(state));
}

base::Result<apply::RunPorts> Session::Ports(ports::Observer& observer, ports::ProviderSource& providers) {
  auto locks = leadership();
  if (!locks) return tl::unexpected(std::move(locks.error()));
  apply::RunPorts ports = SharedPorts();
  ports.store = store_.get();
  ports.providers = &providers;
  ports.observer = &observer;
  ports.clock = &clock_;
  ports.secrets = &secrets();
  ports.hooks = &HooksAt(options_.base_directory);
  ports.history = history_.get();
  ports.leadership = *locks;
  return ports;
}

std::string Actor() {
  for (const char* variable : {"KADENDE_ACTOR", "GITHUB_ACTOR", "GITLAB_USER_LOGIN"}) {
    const char* value = std::getenv(variable);
    if (value != nullptr && *value != '\0') return value;
  }
  const passwd* user = getpwuid(geteuid());
  char host[HOST_NAME_MAX + 1] = "localhost";
  (void)gethostname(host, sizeof host - 1);
  return (user != nullptr ? std::string(user->pw_name) : "uid" + std::to_string(geteuid())) + "@" + host;
}

}  // namespace kadende::cli
