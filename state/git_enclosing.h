// The user's repository around the configuration: the same commits on the same branch, so that they are pushed and
// reviewed with everything else. Objects and that one branch only; work tree and index are never touched. Whatever is
// wrong there is a warning: Kadende's own history is the one that counts.
#pragma once

#include <optional>
#include <string>

#include "state/git_around.h"
#include "state/git_repository.h"

namespace kadende::state {

struct EnclosingUpdate {
  std::string branch;  // full name
  ObjectId commit;     // the tip of our own history
  // What the last publish wrote on top of `parent`: saves reading it back. Null: nothing was written.
  const ObjectBatch* batch = nullptr;
  std::optional<ObjectId> parent;
};

// Fast-forwards the branch to `commit`. Returns a warning, or nothing where all is well or there is no repository.
[[nodiscard]] std::optional<std::string> UpdateEnclosing(const GitRepository& own, RepositoryAround& around,
                                                         const EnclosingUpdate& update);

// The other way round: our own history was lost while the store still names `commit`. True where the branch's tip over
// there is that commit; then our own branch is again what it was.
[[nodiscard]] base::Result<bool> RestoreFromEnclosing(GitRepository& own, RepositoryAround& around,
                                                      const std::string& branch, const ObjectId& commit);

// The branch continues as `to`, where it is no further than `commit`; otherwise it is left alone.
void RenameEnclosing(const GitRepository& own, RepositoryAround& around, const std::string& from, const std::string& to,
                     const ObjectId& commit);

}  // namespace kadende::state
