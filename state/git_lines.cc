#include "state/git_lines.h"

#include <algorithm>
#include <utility>

#include "engine/base/fault.h"
#include "state/directory.h"
#include "state/file_lock.h"
#include "state/git_commit.h"
#include "state/git_layout.h"
#include "state/git_publisher.h"
#include "state/git_repository.h"

namespace kadende::state {
namespace {

using base::ErrorCode;
using ports::CommitSummary;

constexpr auto kLockWait = std::chrono::seconds(30);  // as publishing: git_history.cc
constexpr std::string_view kShared = "refs/kadende/shared/";
constexpr std::string_view kStranded = "refs/kadende/stranded/";

base::Result<ObjectId> Parse(std::string_view commit) {
  const auto id = ObjectIdFromHex(commit);
  if (id) return *id;
  return base::Fail(ErrorCode::kInvalid, "`" + std::string(commit) + "` is no commit id");
}

class GitLines : public ports::Lines {
 public:
  explicit GitLines(std::string directory) : directory_(std::move(directory)), path_(directory_ + "/history.git") {}

  base::Result<std::vector<CommitSummary>> Line(std::string_view commit, std::uint64_t down_to) override {
    const auto own = GitRepository::Open(path_);
    if (!own) return tl::unexpected(own.error());
    if (!*own) return base::Fail(ErrorCode::kNotFound, "there is no " + path_);
    const auto from = Parse(commit);
    if (!from) return tl::unexpected(from.error());
    std::vector<CommitSummary> line;
    std::optional<ObjectId> at = *from;
    while (at) {
      auto read = ReadCommit(**own, *at);
      if (!read) return Damaged(read.error());
      at = read->parent;
      line.push_back(std::move(read->summary));
      if (line.back().serial <= down_to) break;
    }
    return line;
  }

  base::Result<std::string> MoveTo(std::string_view cluster, std::string_view commit) override {
    const auto to = Parse(commit);
    if (!to) return tl::unexpected(to.error());
    auto own = OpenForWriting();
    if (!own) return tl::unexpected(own.error());
    const auto held = Lock();
    if (!held) return tl::unexpected(held.error());
    const std::string branch = BranchOf(cluster);
    const auto tip = own->ReadRef(branch);
    if (!tip) return tl::unexpected(tip.error());
    if (*tip == *to) return std::string();
    auto stranded = *tip ? Strand(*own, cluster, **tip, commit) : std::string();
    if (!stranded) return stranded;
    base::FaultPoint("state.git.stranded.after");
    if (auto moved = own->MoveRef(branch, *tip, *to, "kadende: go on from the remote"); !moved) {
      return tl::unexpected(std::move(moved).error());
    }
    own->AdoptHead(branch);
    return stranded;
  }

  base::Status Mark(std::string_view cluster, std::string_view commit) override {
    auto own = OpenForWriting();
    if (!own) return tl::unexpected(own.error());
    const std::string ref = std::string(kShared) + EncodePart(cluster);
    const auto old = own->ReadRef(ref);
    if (!old) return tl::unexpected(old.error());
    if (commit.empty()) return *old ? own->DeleteRef(ref, **old) : base::Status{};
    const auto id = Parse(commit);
    if (!id) return tl::unexpected(id.error());
    return *old == *id ? base::Status{} : own->MoveRef(ref, *old, *id, "kadende: shared");
  }

  base::Result<std::optional<CommitSummary>> Marked(std::string_view cluster) override {
    const auto own = GitRepository::Open(path_);
    if (!own) return tl::unexpected(own.error());
    if (!*own) return std::nullopt;
    const auto id = (*own)->ReadRef(std::string(kShared) + EncodePart(cluster));
    if (!id) return tl::unexpected(id.error());
    if (!*id) return std::nullopt;
    auto commit = ReadCommit(**own, **id);
    if (!commit) return Damaged(commit.error());
    return std::optional(std::move(commit->summary));
  }

  base::Result<std::vector<CommitSummary>> Stranded(std::string_view lineage) override {
    std::vector<CommitSummary> found;
    const auto own = GitRepository::Open(path_);
    if (!own) return tl::unexpected(own.error());
    if (!*own) return found;
    const auto refs = (*own)->ListRefs(std::string(kStranded));
    if (!refs) return tl::unexpected(refs.error());
    for (const std::string& ref : *refs) {
      const auto id = (*own)->ReadRef(ref);
      if (!id || !*id) continue;
      auto commit = ReadCommit(**own, **id);
      if (!commit) return Damaged(commit.error());
      if (commit->summary.lineage != lineage) continue;
      commit->summary.trailers["ref"] = ref;
      found.push_back(std::move(commit->summary));
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.serial > b.serial; });
    return found;
  }

 private:
  base::Result<GitRepository> OpenForWriting() const {
    if (auto ready = PrepareDirectory(directory_); !ready) return tl::unexpected(ready.error());
    return GitRepository::OpenOrCreate(path_);
  }

  [[nodiscard]] base::Result<FileLock> Lock() const {
    auto lock = FileLock::Open(path_ + "/kadende.lock", true);
    if (!lock) return tl::unexpected(lock.error());
    const auto taken = PollUntil(kLockWait, [&] { return lock->TryLock(LockKind::kExclusive); });
    if (!taken) return tl::unexpected(taken.error());
    if (*taken) return std::move(*lock);
    return base::Fail(ErrorCode::kUnavailable, "another process has been publishing to " + path_ + " for 30 s");
  }

  // The ref that keeps `tip`, or nothing where it is on the line of `commit`.
  base::Result<std::string> Strand(GitRepository& own, std::string_view cluster, const ObjectId& tip,
                                   std::string_view commit) {
    auto read = ReadCommit(own, tip);
    if (!read) return Damaged(read.error());
    const CommitSummary& old = read->summary;
    const auto line = Line(commit, old.serial);
    if (!line) return tl::unexpected(line.error());
    const auto shared = own.ReadRef(std::string(kShared) + EncodePart(cluster));
    if (!shared) return tl::unexpected(shared.error());
    // What the remote has had is in whatever took the place of its line since; what a line begun anew here has is in
    // the one that it was begun on.
    const bool kept = std::any_of(line->begin(), line->end(), [&](const CommitSummary& entry) {
      if (entry.id == old.id || ports::IsCompactionOf(old, entry.id)) return true;
      const auto from = ports::CompactedFromOf(entry);
      return from && (from->commit == old.id || (*shared == tip && from->serial > old.serial));
    });
    if (kept) return std::string();
    std::string ref = std::string(kStranded) + EncodePart(cluster) + "/" + std::to_string(old.serial);
    auto there = own.ReadRef(ref);
    if (there && *there && **there != tip) {
      ref += "-" + old.id.substr(0, 12);  // it is not the first that lost at this serial
      there = own.ReadRef(ref);
    }
    if (!there) return tl::unexpected(there.error());
    if (*there) return ref;
    if (auto written = own.MoveRef(ref, std::nullopt, tip, "kadende: stranded"); !written) {
      return tl::unexpected(std::move(written).error());
    }
    return ref;
  }

  const std::string directory_;
  const std::string path_;
};

}  // namespace

std::unique_ptr<ports::Lines> OpenGitLines(const std::string& state_directory) {
  return std::make_unique<GitLines>(state_directory);
}

}  // namespace kadende::state
