#include "state/git_history.h"

#include <algorithm>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>

#include "engine/base/text.h"
#include "state/directory.h"
#include "state/file_lock.h"
#include "state/git_around.h"
#include "state/git_commit.h"
#include "state/git_enclosing.h"
#include "state/git_layout.h"
#include "state/git_maintenance.h"
#include "state/git_publisher.h"
#include "state/git_repository.h"
#include "state/git_snapshot.h"

namespace kadende::state {
namespace {

constexpr auto kLockWait = std::chrono::seconds(30);  // a first publish of 100,000 nodes holds it for half a second
constexpr std::size_t kShortestPrefix = 4;            // as git

// A revision as a user writes it: any of these may hold.
struct Wanted {
  std::optional<std::uint64_t> back;  // HEAD~N
  std::optional<std::uint64_t> serial;
  std::string prefix;
};

std::optional<std::uint64_t> ParseCount(std::string_view text) {
  const auto number = base::ParseInt(text);
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

Wanted ParseRevision(std::string_view text) {
  Wanted wanted;
  constexpr std::string_view kHead = "HEAD";
  if (text.empty() || text == kHead) {
    wanted.back = 0;
  } else if (text.substr(0, kHead.size() + 1) == "HEAD~") {
    const std::string_view count = text.substr(kHead.size() + 1);
    wanted.back = count.empty() ? 1 : ParseCount(count);
  } else {
    wanted.serial = ParseCount(text);
    if (text.size() >= kShortestPrefix) wanted.prefix = text;
  }
  return wanted;
}

// Follows a line of commits from its tip; stops where `visit` returns false.
template <class Visit>
base::Status Walk(const GitRepository& repository, const ObjectId& tip, Visit visit) {
  std::optional<ObjectId> at = tip;
  while (at) {
    auto commit = ReadCommit(repository, *at);
    if (!commit) return tl::unexpected(commit.error());
    at = commit->parent;
    if (!visit(std::move(*commit))) break;
  }
  return {};
}

struct Found {
  std::optional<Commit> by_serial;  // or by distance
  std::vector<Commit> by_prefix;
  std::uint64_t oldest = 0;
  std::uint64_t newest = 0;
};

base::Result<Found> Find(const GitRepository& repository, const ObjectId& tip, const Wanted& wanted) {
  Found found;
  std::uint64_t distance = 0;
  const auto visit = [&](Commit commit) {
    const std::uint64_t serial = commit.summary.serial;
    if (distance == 0) found.newest = serial;
    found.oldest = serial;
    const bool exact = wanted.back ? distance == *wanted.back : wanted.serial == serial;
    ++distance;
    if (exact && !found.by_serial) {
      found.by_serial = std::move(commit);
      return false;
    }
    const std::string& id = commit.summary.id;
    if (!wanted.prefix.empty() && id.compare(0, wanted.prefix.size(), wanted.prefix) == 0) {
      const bool whole = id.size() == wanted.prefix.size();
      found.by_prefix.push_back(std::move(commit));
      return !whole;
    }
    return true;
  };
  if (auto walked = Walk(repository, tip, visit); !walked) return tl::unexpected(walked.error());
  return found;
}

class GitHistory : public ports::History {
 public:
  explicit GitHistory(GitOptions options)
      : options_(std::move(options)),
        path_(options_.state_directory + "/history.git"),
        around_(options_.enclosing_from) {}

  base::Result<ports::PublishResult> Publish(const ports::PublishRequest& request) override {
    const std::lock_guard lock(mutex_);
    if (request.state == nullptr || request.state->cluster.name.empty()) {
      return base::Fail(base::ErrorCode::kInvalid, "nothing to publish: the cluster has no name");
    }
    auto own = OpenForWriting();
    if (!own) return tl::unexpected(own.error());
    const auto held = Lock();
    if (!held) return tl::unexpected(held.error());

    GitPublisher publisher(*own, request, around_);
    const auto outcome = publisher.Publish();
    if (!outcome) return tl::unexpected(outcome.error());
    ports::PublishResult result{outcome->serial, ToHex(outcome->commit), {}};
    if (!outcome->warning.empty()) result.warnings.push_back(outcome->warning);
    const std::string branch = BranchOf(request.state->cluster.name);
    const EnclosingUpdate update{branch, outcome->commit, outcome->wrote ? &publisher.batch() : nullptr,
                                 outcome->before};
    if (auto warning = UpdateEnclosing(*own, around_, update)) result.warnings.push_back(std::move(*warning));
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
    if (auto walked = Walk((*line)->repository(), (*line)->tip, visit); !walked) return Explain(walked.error(), name);
    return commits;
  }

  base::Result<ports::HistoricState> Read(std::string_view name, std::string_view revision) override {
    const std::lock_guard lock(mutex_);
    auto line = Locate(name);
    if (!line) return tl::unexpected(line.error());
    if (!*line) return base::Fail(base::ErrorCode::kNotFound, base::EscapeTerminal(name) + " was never published");
    auto commit = Resolve(**line, name, revision);
    if (!commit) return tl::unexpected(commit.error());
    auto snapshot = ReadSnapshot((*line)->repository(), commit->tree);
    if (!snapshot) return Explain(base::Wrap(snapshot.error(), "commit " + commit->summary.id).value(), name);
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
    if (!commit) return Explain(commit.error(), name);
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
    auto own = OpenForWriting();
    if (!own) return tl::unexpected(own.error());
    const auto held = Lock();
    if (!held) return tl::unexpected(held.error());
    return RenameLocked(*own, std::string(from), std::string(to));
  }

 private:
  // The line of commits of a cluster, wherever it is.
  struct Line {
    std::optional<GitRepository> own;
    const GitRepository* around = nullptr;  // where our own does not have it
    ObjectId tip;
    [[nodiscard]] const GitRepository& repository() const { return own ? *own : *around; }
  };

  base::Result<GitRepository> OpenForWriting() {
    if (options_.read_only) return base::Fail(base::ErrorCode::kDenied, "the history was opened for reading only");
    if (auto ready = PrepareDirectory(options_.state_directory); !ready) return tl::unexpected(ready.error());
    return GitRepository::OpenOrCreate(path_);
  }

  // Clusters of one state directory publish one after the other.
  base::Result<FileLock> Lock() {
    auto lock = FileLock::Open(path_ + "/kadende.lock", true);
    if (!lock) return tl::unexpected(lock.error());
    const auto taken = PollUntil(kLockWait, [&] { return lock->TryLock(LockKind::kExclusive); });
    if (!taken) return tl::unexpected(taken.error());
    if (!*taken) {
      return base::Fail(base::ErrorCode::kUnavailable, "another process has been publishing to " + path_ + " for 30 s");
    }
    return std::move(*lock);
  }

  // In our own repository, else in the enclosing one (our own was deleted, or this is a fresh clone).
  base::Result<std::optional<Line>> Locate(std::string_view name) {
    auto own = GitRepository::Open(path_);
    if (!own) return tl::unexpected(own.error());
    if (*own) {
      const auto tip = (*own)->ReadRef(BranchOf(name));
      if (!tip) return Explain(tip.error(), name);
      if (*tip) return std::optional<Line>(Line{std::move(*own), nullptr, **tip});
    }
    const auto found = around_.Find();
    if (!found || *found == nullptr) return std::nullopt;  // unusable: as if there were none
    const auto tip = (*found)->ReadRef(BranchOf(name));
    if (!tip) return Explain(tip.error(), name);
    if (!*tip) return std::nullopt;
    return std::optional<Line>(Line{std::nullopt, *found, **tip});
  }

  static tl::unexpected<base::Error> Explain(base::Error error, std::string_view name) {
    return Damaged(base::Wrap(std::move(error), "history of " + base::EscapeTerminal(name)).value());
  }

  static base::Result<Commit> Resolve(const Line& line, std::string_view name, std::string_view revision) {
    auto found = Find(line.repository(), line.tip, ParseRevision(revision));
    if (!found) return Explain(found.error(), name);
    if (found->by_serial) return std::move(*found->by_serial);
    if (found->by_prefix.size() == 1) return std::move(found->by_prefix.front());
    const std::string what = base::EscapeTerminal(name) + "@" + base::EscapeTerminal(revision);
    if (found->by_prefix.size() > 1) {
      return base::Fail(base::ErrorCode::kInvalid, what + " means several commits, " + found->by_prefix[0].summary.id +
                                                       " and " + found->by_prefix[1].summary.id + " among them");
    }
    return base::Fail(base::ErrorCode::kNotFound, what + " does not exist; there are serials " +
                                                      std::to_string(found->oldest) + " to " +
                                                      std::to_string(found->newest));
  }

  base::Status RenameLocked(GitRepository& own, const std::string& from, const std::string& to) {
    if (from == to) return {};
    const auto old_tip = own.ReadRef(BranchOf(from));
    const auto new_tip = own.ReadRef(BranchOf(to));
    if (!old_tip) return Explain(old_tip.error(), from);
    if (!new_tip) return Explain(new_tip.error(), to);
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
