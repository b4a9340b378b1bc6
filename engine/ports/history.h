// The published, versioned history of clusters: a line of commits per cluster. Implementation: state/git_history.
// Contract suite: tests/contract/history_contract.h. Remotes (fetch, push, run refs) are a port of their own beside it
// (remote.h) that moves the same commits, so nothing here assumes that commits were made on this machine.
#pragma once

#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/model/cluster_state.h"

namespace kadende::ports {

// Trailers of a commit that tell more than its summary does.
inline constexpr std::string_view kReasonsTrailer = "Kadende-Reasons";    // "size_up 2, unhealthy 1": changes of nodes
inline constexpr std::string_view kRollbackTrailer = "Kadende-Rollback";  // "<serial> <commit>" whose spec came back
// "<serial> <commit>": the old line's tip, where older versions were left out. This commit has the same tree.
inline constexpr std::string_view kCompactedTrailer = "Kadende-Compacted-From";

struct CommitSummary {
  std::string id;  // full object id, hex
  std::uint64_t serial = 0;
  base::TimePoint time{};
  std::string subject;
  std::string body;  // the plan's text, without trailers
  std::string actor;
  std::string lineage;
  std::string spec_hash;  // hex
  std::map<std::string, std::string> trailers;
};

// Of a commit that begins its line anew: the version whose place it took. nullopt: it is no such commit.
struct CompactedFrom {
  std::uint64_t serial = 0;
  std::string commit;  // hex
};
[[nodiscard]] inline std::optional<CompactedFrom> CompactedFromOf(const CommitSummary& commit) {
  const auto trailer = commit.trailers.find(std::string(kCompactedTrailer));
  if (trailer == commit.trailers.end()) return std::nullopt;
  const std::string& text = trailer->second;
  CompactedFrom from;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), from.serial);
  if (error != std::errc() || end == text.data() + text.size() || *end != ' ') return std::nullopt;
  from.commit.assign(end + 1, text.data() + text.size());
  return from;
}
[[nodiscard]] inline bool IsCompactionOf(const CommitSummary& commit, std::string_view before) {
  const auto from = CompactedFromOf(commit);
  return from && from->commit == before;
}

struct PublishRequest {
  // Rows of dirty chunks and headers of dirty groups are written; everything else is taken over from the parent.
  const model::ClusterState* state = nullptr;
  base::TimePoint time{};
  std::string subject;
  std::string body;
  std::string actor;
  std::string plan;                                  // plan.json
  std::map<std::string, std::string> trailers = {};  // beside those that every commit has; by name, "Kadende-..."
};

struct PublishResult {
  std::uint64_t serial = 0;
  std::string commit;
  std::vector<std::string> warnings;  // e.g. the enclosing repository could not be written
};

// A cluster as it was at a commit.
struct HistoricState {
  CommitSummary commit;
  model::ClusterState state;  // without intents and run
  std::string plan;           // plan.json of that commit
};

class History {
 public:
  virtual ~History() = default;

  // One commit on the cluster's branch, durable when it returns. The parent is the commit that state names, which must
  // be the branch's tip (kConflict otherwise, naming both). Publishing what is already the tip's tree is not an error:
  // it makes no commit and returns the tip. A crash in between leaves the branch at the old or the new commit, never
  // between.
  [[nodiscard]] virtual base::Result<PublishResult> Publish(const PublishRequest& request) = 0;

  // Newest first. `lineage` or, where nothing is in the store, the branch of cluster `name`.
  [[nodiscard]] virtual base::Result<std::vector<CommitSummary>> Log(std::string_view name, std::uint32_t limit) = 0;

  // `revision`: a commit id or unique prefix, a serial ("12"), or "HEAD", "HEAD~3". kNotFound names what there is.
  [[nodiscard]] virtual base::Result<HistoricState> Read(std::string_view name, std::string_view revision) = 0;

  // The branch's tip, or nothing where the cluster was never published.
  [[nodiscard]] virtual base::Result<std::optional<CommitSummary>> Tip(std::string_view name) = 0;

  // Clusters that have a branch, by name, sorted.
  [[nodiscard]] virtual base::Result<std::vector<std::string>> Names() = 0;

  // A renamed cluster continues its line of commits under the new name; the old branch is removed.
  [[nodiscard]] virtual base::Status Rename(std::string_view from, std::string_view to) = 0;
};

}  // namespace kadende::ports
