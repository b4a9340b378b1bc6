#include "cli/lost_cluster.h"

#include <unistd.h>

#include <algorithm>
#include <set>

#include "cli/configuration.h"
#include "cli/share.h"
#include "engine/base/text.h"

namespace kadende::cli {
namespace {

using base::ErrorCode;

ports::ClusterSummary SummaryOf(const model::ClusterState& state) {
  ports::ClusterSummary summary;
  summary.lineage = state.cluster.lineage;
  summary.name = state.cluster.name;
  summary.id = state.cluster.id;
  summary.plugins = state.cluster.plugins;
  return summary;
}

// The published state that `text` means: a name, or what a lost cluster has for a lineage. nullopt: none.
base::Result<std::optional<model::ClusterState>> FindLost(Session& session, std::string_view text) {
  if (!text.empty()) {
    auto named = session.Published(text);
    if (!named || *named) return named;
  }
  auto names = LostClusters(session);
  if (!names) return tl::unexpected(std::move(names.error()));
  if (!text.empty()) {
    std::erase_if(*names, [&](const std::string& name) {
      const auto tip = session.history().Tip(name);
      return !tip || !*tip || text.size() < kShortestLineagePrefix || !(*tip)->lineage.starts_with(text);
    });
  }
  if (names->empty()) return std::nullopt;
  if (names->size() == 1) return session.Published(names->front());
  return base::Fail(ErrorCode::kInvalid,
                    "which cluster? The working store is lost, and git has several: " + base::Join(*names, ", "));
}

}  // namespace

base::Result<std::vector<std::string>> LostClusters(Session& session) {
  auto stored = session.Clusters();
  if (!stored) return tl::unexpected(std::move(stored.error()));
  auto own = session.history().Names();
  if (!own) return tl::unexpected(std::move(own.error()));
  std::set<std::string> names(own->begin(), own->end());
  for (std::string& name : ClusterNamesIn(session.options().base_directory)) {
    const auto tip = session.history().Tip(name);  // a name with variables in it is none that git has
    if (tip && *tip) names.insert(std::move(name));
  }
  for (const auto& cluster : *stored) names.erase(cluster.name);
  return std::vector<std::string>(names.begin(), names.end());
}

bool IsLost(Session& session, std::string_view text) {
  const auto lost = FindLost(session, text);
  return lost ? lost->has_value() : lost.error().code == ErrorCode::kInvalid;
}

namespace {

// A cluster that nothing was published of yet, and whose first run is under way somewhere, or died.
std::optional<ports::ClusterSummary> FirstRunOf(Session& session, const std::string& name) {
  const auto known = session.remote()->Known(name);
  if (!known || !*known || !(*known)->claim) return std::nullopt;
  ports::ClusterSummary summary;
  summary.lineage = (*known)->claim->lineage;
  summary.name = name;
  return summary;
}

// A clone that nothing was ever applied in: its remote may have what `text` names, or the one cluster file here.
base::Result<ports::ClusterSummary> FindAtRemote(Session& session, Console& console, std::string_view text,
                                                 bool offline, base::Error not_found) {
  std::vector<std::string> names{std::string(text)};
  if (text.empty()) names = ClusterNamesIn(session.options().base_directory);
  if (names.size() != 1) return tl::unexpected(std::move(not_found));
  ShareRequest request;
  request.cluster = names.front();
  request.acts = session.options().write && !console.common().state_remote.empty();
  request.offline = offline;
  if (auto shared = ShareCluster(session, console, request); !shared) return tl::unexpected(std::move(shared).error());
  if (session.remote() == nullptr) return tl::unexpected(std::move(not_found));
  if (session.options().write) {
    auto lineage = PullNew(session, console, names.front(), kRestoreWait);
    if (!lineage) return tl::unexpected(std::move(lineage).error());
    if (const auto begun = lineage->empty() ? FirstRunOf(session, names.front()) : std::nullopt) return *begun;
    return lineage->empty() ? tl::unexpected(std::move(not_found)) : session.Find(*lineage);
  }
  auto view = LookAtShared(session, names.front(), {}, offline);
  if (!view) return tl::unexpected(std::move(view).error());
  Tell(*view, console);
  if (view->state.IsNew()) return tl::unexpected(std::move(not_found));
  ports::ClusterSummary summary = SummaryOf(view->state);
  session.UsePublished(view->state);
  session.Follow(std::move(view->state), view->tip);
  return summary;
}

}  // namespace

base::Result<ports::ClusterSummary> FindCluster(Session& session, Console& console, std::string_view text,
                                                bool offline) {
  auto found = session.Find(text);
  if (found || found.error().code != ErrorCode::kNotFound) return found;
  auto lost = FindLost(session, text);
  if (!lost && lost.error().code == ErrorCode::kInvalid) return tl::unexpected(std::move(lost.error()));
  if (!lost) found.error().message += "; what git has of it could not be read: " + lost.error().message;
  if (!lost || !*lost) return FindAtRemote(session, console, text, offline, std::move(found).error());
  const model::ClusterState& state = **lost;
  ports::ClusterSummary summary = SummaryOf(state);
  if (session.options().write) {
    auto lineage = RestoreCluster(session, console, state, kRestoreWait);
    if (!lineage) return tl::unexpected(std::move(lineage.error()));
    return session.Find(*lineage);
  }
  console.Err("warning: the working store in " + session.options().state_directory + " has lost `" + summary.name +
              "`; this is what was published last (serial " + std::to_string(state.cluster.serial) +
              "), and `kadende apply` brings it back\n");
  session.UsePublished(std::move(**lost));
  return summary;
}

base::Result<ports::ClusterSummary> FindShared(Session& session, Console& console, std::string_view text,
                                               bool offline) {
  auto cluster = FindCluster(session, console, text, offline);
  if (!cluster) return cluster;
  session.Focus(*cluster);
  if (session.Follows(cluster->lineage)) return cluster;  // it was found there
  if (auto shared = ShareKnown(session, console, cluster->name); !shared) return tl::unexpected(shared.error());
  auto view = FollowShared(session, *cluster, offline);
  if (!view) return tl::unexpected(std::move(view).error());
  Tell(*view, console);
  return cluster;
}

base::Status RestoreAll(Session& session, Console& console) {
  auto stored = session.Clusters();
  if (!stored) return tl::unexpected(std::move(stored.error()));
  if (!stored->empty()) return {};  // what is missing beside others was not lost with the store
  auto names = LostClusters(session);
  if (!names) return tl::unexpected(std::move(names.error()));
  for (const std::string& name : *names) {
    auto published = session.Published(name);
    if (!published) return tl::unexpected(std::move(published.error()));
    if (!*published) continue;
    auto restored = RestoreCluster(session, console, **published, kRestoreWait);
    if (!restored) return tl::unexpected(std::move(restored.error()));
  }
  return {};
}

base::Result<std::string> RestoreCluster(Session& session, Console& console, const model::ClusterState& published,
                                         base::Millis lock_wait) {
  auto locks = session.leadership();
  if (!locks) return tl::unexpected(std::move(locks.error()));
  const ports::Holder self{Actor(), "restore", getpid(), session.clock().Now()};
  auto lease = (*locks)->Acquire(published.cluster.lineage, {}, self, lock_wait);
  if (!lease) return tl::unexpected(std::move(lease.error()));
  auto clusters = session.Clusters();
  if (!clusters) return tl::unexpected(std::move(clusters.error()));
  for (const auto& cluster : *clusters) {
    if (cluster.lineage == published.cluster.lineage || cluster.name == published.cluster.name) return cluster.lineage;
  }
  auto restored = session.Restore(published);
  if (!restored) return restored;
  console.Note("The state of " + published.cluster.name + " was read back from git (serial " +
               std::to_string(published.cluster.serial) + ").\n");
  return restored;
}

}  // namespace kadende::cli
