// The line of commits of a cluster, wherever it is, and the versions on it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "state/git_around.h"
#include "state/git_commit.h"
#include "state/git_history.h"
#include "state/git_repository.h"

namespace kadende::state {

struct GitLine {
  std::optional<GitRepository> own;
  const GitRepository* around = nullptr;  // where our own does not have it; valid until the next Find
  ObjectId tip;

  [[nodiscard]] const GitRepository& repository() const { return own ? *own : *around; }
};

// In our own repository, else in the one around the configuration (our own was deleted, or this is a fresh clone).
// Nothing where the cluster was never published.
[[nodiscard]] base::Result<std::optional<GitLine>> LocateLine(const GitOptions& options, RepositoryAround& around,
                                                              std::string_view name);

// The commit that `revision` means, as ports::History::Read takes it.
[[nodiscard]] base::Result<Commit> ResolveRevision(const GitLine& line, std::string_view name,
                                                   std::string_view revision);

// An error of reading a line: names the cluster, and the remedies where something is corrupt.
[[nodiscard]] tl::unexpected<base::Error> ExplainLine(base::Error error, std::string_view name);

// Follows a line of commits from `tip` to its first; stops where `visit` (Commit -> bool) returns false.
template <class Visit>
[[nodiscard]] base::Status WalkLine(const GitRepository& repository, const ObjectId& tip, Visit visit) {
  std::optional<ObjectId> at = tip;
  while (at) {
    auto commit = ReadCommit(repository, *at);
    if (!commit) return tl::unexpected(commit.error());
    at = commit->parent;
    if (!visit(std::move(*commit))) break;
  }
  return {};
}

}  // namespace kadende::state
