#include "state/git_enclosing.h"

#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "state/git_commit.h"
#include "state/git_tree.h"

namespace kadende::state {
namespace {

constexpr std::size_t kFlushBytes = 64 << 20;  // memory while a long history is copied

// Root that works in somebody's repository (sudo) makes files as that somebody; otherwise the owner's own git could no
// longer write there. Around writes only: our own history may be closed to that somebody. For this thread.
class AsOwnerOf {
 public:
  explicit AsOwnerOf(const std::string& path) {
    struct stat info {};
    if (geteuid() != 0 || stat(path.c_str(), &info) != 0 || info.st_uid == 0) return;
    group_ = setfsgid(info.st_gid);
    user_ = setfsuid(info.st_uid);
    active_ = true;
  }
  ~AsOwnerOf() {
    if (!active_) return;
    setfsuid(static_cast<uid_t>(user_));
    setfsgid(static_cast<gid_t>(group_));
  }
  AsOwnerOf(const AsOwnerOf&) = delete;
  AsOwnerOf& operator=(const AsOwnerOf&) = delete;

 private:
  bool active_ = false;
  int user_ = 0;
  int group_ = 0;
};

base::Status WriteAsOwner(GitRepository& repository, const ObjectBatch& batch) {
  const AsOwnerOf owner(repository.CommonDirectory());
  return repository.Write(batch);
}

base::Status MoveAsOwner(GitRepository& repository, const std::string& branch, const std::optional<ObjectId>& from,
                         const ObjectId& to, const std::string& message) {
  const AsOwnerOf owner(repository.CommonDirectory());
  return repository.MoveRef(branch, from, to, message);
}

// Commits from `tip` (excluded) to `commit`, oldest first; nothing where `tip` is not on the line.
base::Result<std::optional<std::vector<ObjectId>>> Missing(const GitRepository& own, const ObjectId& commit,
                                                           const std::optional<ObjectId>& tip) {
  std::vector<ObjectId> line;
  std::optional<ObjectId> at = commit;
  while (at && at != tip) {
    const auto read = ReadCommit(own, *at);
    if (!read) return tl::unexpected(read.error());
    line.push_back(*at);
    at = read->parent;
  }
  if (at != tip) return std::nullopt;
  std::reverse(line.begin(), line.end());
  return line;
}

// Where the line was compacted, the branch over there may still be the old line: its tip, or a version before that.
// Then all of the new line is missing.
base::Result<std::optional<std::vector<ObjectId>>> MissingOfCompacted(const GitRepository& own,
                                                                      const GitRepository& found,
                                                                      const ObjectId& commit, const ObjectId& tip) {
  std::optional<ObjectId> at = commit;
  while (at) {
    const auto read = ReadCommit(own, *at);
    if (!read) return tl::unexpected(read.error());
    const auto from = read->summary.trailers.find(std::string(ports::kCompactedTrailer));
    at = read->parent;
    if (from == read->summary.trailers.end()) continue;
    const auto old = ObjectIdFromHex(from->second.substr(from->second.rfind(' ') + 1));
    // The old line may be readable here still, or over there.
    const auto is_before = [&](const GitRepository& repository) {
      const auto line = Missing(repository, *old, tip);
      return line && line->has_value();
    };
    if (old && (*old == tip || is_before(own) || is_before(found))) {
      return Missing(own, commit, std::nullopt);
    }
  }
  return std::nullopt;
}

class Copier {
 public:
  Copier(const GitRepository& from, GitRepository& to) : from_(from), to_(to) {}

  // `line` is oldest first, and the parent of its first is already complete over there.
  base::Status Copy(const std::vector<ObjectId>& line) {
    for (const auto& id : line) {
      const auto commit = ReadCommit(from_, id);
      if (!commit) return tl::unexpected(commit.error());
      std::optional<ObjectId> before;
      if (commit->parent) {
        const auto parent = ReadCommit(from_, *commit->parent);
        if (!parent) return tl::unexpected(parent.error());
        before = parent->tree;
      }
      base::Status done = CopyTree(commit->tree, before);
      if (done) done = CopyObject(id, ObjectKind::kCommit);
      if (done && batch_.bytes() > kFlushBytes) done = Flush();
      if (!done) return done;
    }
    return Flush();
  }

 private:
  // Everything that differs from `before` is written, without asking whether it is there: an object that nothing refers
  // to could be pruned at any moment, and writing it again keeps it.
  base::Status CopyTree(const ObjectId& tree, const std::optional<ObjectId>& before) {
    if (before && *before == tree) return {};
    const auto entries = ReadTree(from_, tree);
    if (!entries) return tl::unexpected(entries.error());
    std::vector<TreeEntry> old;
    if (before) {
      auto read = ReadTree(from_, *before);
      if (!read) return tl::unexpected(read.error());
      old = std::move(*read);
      std::sort(old.begin(), old.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    }
    for (const auto& entry : *entries) {
      const auto same_name =
          std::lower_bound(old.begin(), old.end(), entry.name,
                           [](const TreeEntry& a, const std::string& name) { return a.name < name; });
      const bool known = same_name != old.end() && same_name->name == entry.name && same_name->is_tree == entry.is_tree;
      if (known && same_name->id == entry.id) continue;
      base::Status done;
      if (entry.is_tree) {
        done = CopyTree(entry.id, known ? std::optional(same_name->id) : std::nullopt);
      } else {
        done = CopyObject(entry.id, ObjectKind::kBlob);
      }
      if (!done) return done;
    }
    return CopyObject(tree, ObjectKind::kTree);
  }

  base::Status CopyObject(const ObjectId& id, ObjectKind kind) {
    auto bytes = from_.Read(id, kind);
    if (!bytes) return tl::unexpected(bytes.error());
    batch_.Add(kind, std::move(*bytes));
    return {};
  }

  base::Status Flush() {
    base::Status done = WriteAsOwner(to_, batch_);
    batch_.Clear();
    return done;
  }

  const GitRepository& from_;
  GitRepository& to_;
  ObjectBatch batch_;
};

std::string Warning(const std::string& where, const std::string& why) {
  return "the branch was not updated in the git repository " + where + ": " + why;
}

std::optional<std::string> UpdateFound(const GitRepository& own, GitRepository& found, const EnclosingUpdate& update) {
  const std::string where = found.CommonDirectory();
  const auto tip = found.ReadRef(update.branch);
  if (!tip) return Warning(where, tip.error().message);
  if (*tip == update.commit) return std::nullopt;
  if (found.IsCheckedOut(update.branch)) {
    return Warning(where, update.branch + " is checked out there; check out another branch");
  }
  base::Status done;
  if (update.batch != nullptr && *tip == update.parent) {
    done = WriteAsOwner(found, *update.batch);
  } else {
    auto missing = Missing(own, update.commit, *tip);
    if (missing && !*missing && *tip) missing = MissingOfCompacted(own, found, update.commit, **tip);
    if (!missing) return Warning(where, missing.error().message);
    if (!*missing) {
      return Warning(where, update.branch + " is at " + ToHex(**tip) +
                                ", which is not part of this history: somebody else moved it; look at it with `git log "
                                "kadende/...`, and remove or rename it to have it written again");
    }
    done = Copier(own, found).Copy(**missing);
  }
  if (done) done = MoveAsOwner(found, update.branch, *tip, update.commit, "kadende: publish");
  if (!done) return Warning(where, done.error().message);
  return std::nullopt;
}

bool IsSame(const GitRepository& a, const GitRepository& b) {
  return a.CommonDirectory() == b.CommonDirectory();
}

}  // namespace

std::optional<std::string> UpdateEnclosing(const GitRepository& own, RepositoryAround& around,
                                           const EnclosingUpdate& update) {
  const auto found = around.Find();
  if (!found) return Warning("around " + around.folder(), found.error().message);
  if (*found == nullptr || IsSame(own, **found)) return std::nullopt;
  return UpdateFound(own, **found, update);
}

base::Result<bool> RestoreFromEnclosing(GitRepository& own, RepositoryAround& around, const std::string& branch,
                                        const ObjectId& commit) {
  const auto found = around.Find();
  if (!found || *found == nullptr || IsSame(own, **found)) return false;
  const auto tip = (*found)->ReadRef(branch);
  if (!tip || *tip != commit) return false;
  const auto line = Missing(**found, commit, std::nullopt);
  if (!line) return tl::unexpected(line.error());
  base::Status done = Copier(**found, own).Copy(**line);
  if (done) done = own.MoveRef(branch, std::nullopt, commit, "kadende: restore");
  if (!done) return tl::unexpected(done.error());
  return true;
}

void RenameEnclosing(const GitRepository& own, RepositoryAround& around, const std::string& from, const std::string& to,
                     const ObjectId& commit) {
  const auto found = around.Find();
  if (!found || *found == nullptr || IsSame(own, **found)) return;
  const auto tip = (*found)->ReadRef(from);
  const auto taken = (*found)->ReadRef(to);
  if (!tip || !*tip || !taken || *taken || (*found)->IsCheckedOut(from)) return;
  const auto missing = Missing(own, commit, **tip);
  if (!missing || !*missing) return;
  // A failure in between leaves both names; the next publish goes on with the new one.
  if (MoveAsOwner(**found, to, std::nullopt, **tip, "kadende: rename")) {
    const AsOwnerOf owner((*found)->CommonDirectory());
    [[maybe_unused]] const auto removed = (*found)->DeleteRef(from, **tip);
  }
}

}  // namespace kadende::state
