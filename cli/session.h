// The wiring: one state directory with its store, history, locks, clock and providers, as a command needs them. Nothing
// is opened before it is used.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/environment_secrets.h"
#include "cli/file_index.h"
#include "cli/lazy_history.h"
#include "cli/state_remote.h"
#include "cli/system_clock.h"
#include "engine/apply/run.h"
#include "engine/model/spec.h"
#include "engine/ports/hook_runner.h"
#include "engine/ports/state_store.h"
#include "providers/catalog.h"
#include "state/lmdb_store.h"

namespace kadende::cli {

inline constexpr std::size_t kShortestLineagePrefix = 6;  // by which a person may name a cluster

class PluginEar;

struct SessionOptions {
  std::string state_directory;
  std::string base_directory;  // of the configuration; empty: the folder that holds the state directory
  bool write = false;          // readers create nothing, and see an absent store as an empty one
  std::vector<std::string> plugin_directories;  // plugins.h
  // Hears what plugins say; null: nobody. Shared: the catalogs that a session leaves to the next one have it.
  std::shared_ptr<PluginEar> ear = {};
};

// By folder, and by folder and lineage.
using Catalogs = std::map<std::string, std::unique_ptr<providers::Catalog>>;

class Session {
 public:
  // `catalogs`: those that another session over the same state directory has left.
  [[nodiscard]] static base::Result<std::unique_ptr<Session>> Open(SessionOptions options, Catalogs catalogs = {});
  // The session is about to be opened anew: its plugins go on running. What they may do is for UsePlugins to say.
  [[nodiscard]] Catalogs LeaveCatalogs();

  [[nodiscard]] const SessionOptions& options() const { return options_; }
  [[nodiscard]] ports::StateStore* store() { return store_.get(); }    // null: nothing was ever applied here
  [[nodiscard]] ports::HealthStore* health() { return store_.get(); }  // null: as store()
  [[nodiscard]] ports::History& history() { return *history_; }
  [[nodiscard]] state::GitOptions HistoryPlace() const {
    return GitOptionsAt(options_.base_directory, remote_ != nullptr);
  }
  // For another thread. `shared`: the branch is not also written to the repository around.
  [[nodiscard]] std::unique_ptr<ports::History> NewHistoryAt(const std::string& folder, bool shared) const;
  [[nodiscard]] base::Result<ports::Leadership*> leadership();  // only in sessions that write
  [[nodiscard]] providers::Catalog& catalog() { return CatalogAt(options_.base_directory); }
  // Where a cluster that is known by name alone has its configuration: relative paths and the enclosing repository
  // start there. Thread-safe.
  [[nodiscard]] std::string FolderOf(std::string_view cluster) const;
  [[nodiscard]] providers::Catalog& CatalogAt(const std::string& folder);  // thread-safe
  // The providers of one of many clusters, with the plugins that the applied state pins. Thread-safe.
  [[nodiscard]] providers::Catalog& CatalogOf(const std::string& folder, const std::string& lineage,
                                              model::PluginPins applied);
  // Reads nothing by itself. Thread-safe, as is what it gives.
  [[nodiscard]] EnvironmentSecrets& SecretsAt(const std::string& folder);
  // Runs the hooks of clusters whose file is in `folder`; owned by the session, thread-safe.
  [[nodiscard]] ports::HookRunner& HooksAt(const std::string& folder);
  [[nodiscard]] EnvironmentSecrets& secrets() { return SecretsAt(options_.base_directory); }
  // From here on catalog(), secrets() and history() are those of this cluster's folder, with the plugins that its
  // applied state pins.
  void Focus(const ports::ClusterSummary& cluster);
  [[nodiscard]] SystemClock& clock() { return clock_; }
  [[nodiscard]] FileIndex& files() { return files_; }

  // From here on the state is shared through `remote` (state_remote.h), or with nobody. Names and relative paths count
  // from catalog()'s folder.
  void Share(const StateRemote& remote);
  [[nodiscard]] const RemoteIndex& remotes() const { return remotes_; }
  [[nodiscard]] ports::Remote* remote() { return remote_; }  // null: shared with nobody
  [[nodiscard]] ports::Lines& lines() { return *lines_; }    // thread-safe
  [[nodiscard]] ports::Remote& RemoteAt(const std::string& folder, const std::string& remote);  // thread-safe
  // What the remote answered to whoever asked whether it has the cluster at all: for the next who asks, once.
  void KeepAnswer(base::Result<ports::RemoteView> answer) { answer_ = std::move(answer); }
  [[nodiscard]] base::Result<ports::RemoteView> Ask(const std::string& cluster);  // remote() is there
  // Writes down what was said last about the cluster's remote. The state directory must exist.
  [[nodiscard]] base::Status RememberRemote(std::string_view cluster) const;
  // Fills in what a shared state needs; a reader has nothing else.
  [[nodiscard]] apply::RunPorts SharedPorts();

  [[nodiscard]] base::Result<std::vector<ports::ClusterSummary>> Clusters();
  // The state of a lineage; a new, empty state for an empty one.
  [[nodiscard]] base::Result<model::ClusterState> Load(std::string_view lineage);

  // Which cluster a configuration means: by its id, by its name, else by the file that it was applied from under
  // another name. Empty: a new one.
  [[nodiscard]] base::Result<std::string> LineageOf(const model::ClusterSpec& spec, std::string_view file);
  // By name, id or lineage (or its unique prefix of at least six letters); empty text: the only one there is.
  [[nodiscard]] base::Result<ports::ClusterSummary> Find(std::string_view text);

  // Where the working store lost a cluster that git still has (a deleted state directory): its last published state.
  // nullopt: never published. Readers only look; Restore writes it into the store.
  [[nodiscard]] base::Result<std::optional<model::ClusterState>> Published(std::string_view name);
  [[nodiscard]] base::Result<std::string> Restore(const model::ClusterState& state);  // its lineage
  // A reader: from here on Load gives this state, which the store has not. There is no health and are no events of it.
  void UsePublished(model::ClusterState state);
  // A reader: from here on Load and history() give `state` and, where it is not empty, the line that ends with `tip`:
  // what the remote has of the cluster, which this machine has not taken over.
  void Follow(model::ClusterState state, const std::string& tip);
  [[nodiscard]] bool Follows(std::string_view lineage) const { return followed_.contains(lineage); }
  // As Load, without what is followed.
  [[nodiscard]] base::Result<model::ClusterState> LoadHere(std::string_view lineage);
  // The run that holds the cluster at this moment; nothing: none on this machine.
  [[nodiscard]] std::optional<ports::Holder> AtWork(std::string_view lineage) const;
  [[nodiscard]] bool IsStored(std::string_view lineage) const { return store_ && !published_.contains(lineage); }

  // Everything a run needs. `providers` outlives it.
  [[nodiscard]] base::Result<apply::RunPorts> Ports(ports::Observer& observer, ports::ProviderSource& providers);

 private:
  explicit Session(SessionOptions options);
  [[nodiscard]] state::GitOptions GitOptionsAt(const std::string& directory, bool shared) const;
  [[nodiscard]] std::unique_ptr<providers::Catalog> MakeCatalog(const std::string& folder) const;

  SessionOptions options_;
  SystemClock clock_;
  FileIndex files_;
  FolderIndex folders_;
  RemoteIndex remotes_;
  StateRemote shared_;          // what Share was told last
  state::FetchedLine fetched_;  // of Follow; histories are opened with it
  std::unique_ptr<ports::Lines> lines_;
  std::unique_ptr<LazyHistory> history_;
  std::unique_ptr<state::Store> store_;
  std::map<std::string, model::ClusterState, std::less<>> published_;  // by lineage: those of UsePublished
  std::map<std::string, model::ClusterState, std::less<>> followed_;   // by lineage: those of Follow
  std::unique_ptr<ports::Leadership> leadership_;
  std::mutex catalogs_mutex_;
  Catalogs catalogs_;  // guarded by catalogs_mutex_
  std::optional<base::Result<ports::RemoteView>> answer_;
  ports::Remote* remote_ = nullptr;  // of open_remotes_
  std::mutex remotes_mutex_;
  // By folder and name; guarded by remotes_mutex_.
  std::map<std::pair<std::string, std::string>, std::unique_ptr<ports::Remote>> open_remotes_;
  std::map<std::string, EnvironmentSecrets> secrets_;                // guarded by catalogs_mutex_
  std::map<std::string, std::unique_ptr<ports::HookRunner>> hooks_;  // guarded by catalogs_mutex_
};

// "ann@host", or what the CI system says; KADENDE_ACTOR wins.
[[nodiscard]] std::string Actor();

}  // namespace kadende::cli
