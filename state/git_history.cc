#include "state/git_history.h"

#include <algorithm>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>

#include "engine/base/text.h"
#include "state/git_around.h"
#include "state/git_commit.h"
#include "state/git_enclosing.h"
#include "state/git_layout.h"
#include "state/git_line.h"
#include "state/git_maintenance.h"
#include "state/git_own.h"
#include "state/git_publisher.h"
#include "state/git_repository.h"
#include "state/git_snapshot.h"

namespace kadende::state {
namespace {

class GitHistory : public ports::History {
 public:
  explicit GitHistory(GitOptions options)
      : options_(std::move(options)), path_(OwnPath(options_)), around_(options_.enclosing_from) {}

  base::Result<ports::PublishResult> Publish(const ports::PublishRequest& request) override {
    const std::lock_guard lock(mutex_);
    if (request.state == nullptr || request.state->cluster.name.empty()) {
      return base::Fail(base::ErrorCode::kInvalid, "nothing to publish: the cluster has no name");
    }
    auto own = OpenOwn(options_);
    if (!own) return tl::unexpected(own.error());
    const auto held = LockOwn(path_);
    if (!held) return tl::unexpected(held.error());

    GitPublisher publisher(*own, request, around_);
    const auto outcome = publisher.Publish();
    if (!outcome) return tl::unexpected(outcome.error());
    ports::PublishResult result{outcome->serial, ToHex(outcome->commit), {}};
    if (!outcome->warning.empty()) result.warnings.push_back(outcome->warning);
    const std::string branch = BranchOf(request.state->cluster.name);
    const EnclosingUpdate update{branch, outcome->commit, outcome->wrote ? &publisher.batch() : nullptr,
                                 outcome->before};
    if (options_.write_enclosing) {
      if (auto warning = UpdateEnclosing(*own, around_, update)) result.warnings.push_back(std::move(*warning));
    }
    if (outcome->wrote) own->AdoptHead(branch);
    if (outcome->wrote && NeedsConsolidation(path_)) Consolidate(path_);
    return result;
  }

  base::Result<std::vector<ports::CommitSummary>> Log(std::string_view name, std::uint32_t limit) override {
    const std::lock_guard lock(mutex_);
    const auto line = Locate(name);
    if (!line) return tl::unexpected(line.error());
    std::vector<ports::CommitSummary> commits;
    if (!*line) return commits;
    const std::size_t most = limit == 0 ? std::numeric_limits<std::size_t>::max() : limit;
    const auto visit = [&](Commit commit) {
      commits.push_back(std::move(commit.summary));
      return commits.size() < most;
    };
    if (auto walked = WalkLine((*line)->repository(), (*line)->tip, visit); !walked)
      return ExplainLine(walked.error(), name);
    return commits;
  }

  base::Result<ports::HistoricState> Read(std::string_view name, std::string_view revision) override {
    const std::lock_guard lock(mutex_);
    auto line = Locate(name);
    if (!line) return tl::unexpected(line.error());
    if (!*line) return base::Fail(base::ErrorCode::kNotFound, base::EscapeTerminal(name) + " was never published");
    auto commit = ResolveRevision(**line, name, revision);
    if (!commit) return tl::unexpected(commit.error());
    auto snapshot = ReadSnapshot((*line)->repository(), commit->tree);
    if (!snapshot) return ExplainLine(base::Wrap(snapshot.error(), "commit " + commit->summary.id).value(), name);
    ports::HistoricState historic{std::move(commit->summary), std::move(snapshot->state), std::move(snapshot->plan)};
    historic.state.cluster.serial = historic.commit.serial;
    historic.state.cluster.commit = historic.commit.id;
    return historic;
  }

  base::Result<std::optional<ports::CommitSummary>> Tip(std::string_view name) override {
    const std::lock_guard lock(mutex_);
    const auto line = Locate(name);
    if (!line) return tl::unexpected(line.error());
    if (!*line) return std::nullopt;
    auto commit = ReadCommit((*line)->repository(), (*line)->tip);
    if (!commit) return ExplainLine(commit.error(), name);
    return std::optional(std::move(commit->summary));
  }

  base::Result<std::vector<std::string>> Names() override {
    const std::lock_guard lock(mutex_);
    const auto own = GitRepository::Open(path_);
    if (!own) return tl::unexpected(own.error());
    std::vector<std::string> names;
    if (!*own) return names;
    const auto refs = (*own)->ListRefs(std::string(kBranchPrefix));
    if (!refs) return tl::unexpected(refs.error());
    for (const auto& ref : *refs) names.push_back(DecodePart(std::string_view(ref).substr(kBranchPrefix.size())));
    std::sort(names.begin(), names.end());
    return names;
  }

  base::Status Rename(std::string_view from, std::string_view to) override {
    const std::lock_guard lock(mutex_);
    auto own = OpenOwn(options_);
    if (!own) return tl::unexpected(own.error());
    const auto held = LockOwn(path_);
    if (!held) return tl::unexpected(held.error());
    return RenameLocked(*own, std::string(from), std::string(to));
  }

 private:
  base::Result<std::optional<GitLine>> Locate(std::string_view name) { return LocateLine(options_, around_, name); }

  base::Status RenameLocked(GitRepository& own, const std::string& from, const std::string& to) {
    if (from == to) return {};
    const auto old_tip = own.ReadRef(BranchOf(from));
    const auto new_tip = own.ReadRef(BranchOf(to));
    if (!old_tip) return ExplainLine(old_tip.error(), from);
    if (!new_tip) return ExplainLine(new_tip.error(), to);
    if (!*old_tip) {
      if (*new_tip) return {};  // done before, and cut off before it was noted
      return base::Fail(base::ErrorCode::kNotFound, base::EscapeTerminal(from) + " was never published");
    }
    if (*new_tip && *new_tip != *old_tip) {
      return base::Fail(base::ErrorCode::kConflict, "cannot rename " + base::EscapeTerminal(from) + " to " +
                                                        base::EscapeTerminal(to) +
                                                        ": a cluster of that name has a history of its own");
    }
    if (!*new_tip) {
      const auto moved = own.MoveRef(BranchOf(to), std::nullopt, **old_tip, "kadende: rename from " + from);
      if (!moved) return moved;
    }
    RenameEnclosing(own, around_, BranchOf(from), BranchOf(to), **old_tip);
    return own.DeleteRef(BranchOf(from), **old_tip);
  }

  const GitOptions options_;
  const std::string path_;
  std::mutex mutex_;
  RepositoryAround around_;  // guarded by mutex_
};

}  // namespace

base::Result<std::unique_ptr<ports::History>> OpenGitHistory(const GitOptions& options) {
  return std::make_unique<GitHistory>(options);
}

}  // namespace kadende::state
