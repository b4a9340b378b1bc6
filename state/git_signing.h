// Commits signed as the user's git signs them (commit.gpgsign, user.signingkey, gpg.format, gpg.program, ...): the git
// program makes them, so whatever it can sign with works.
#pragma once

#include <string>

#include "engine/base/result.h"
#include "state/git_around.h"
#include "state/git_repository.h"

namespace kadende::state {

// Adds the commit of these bytes (EncodeCommit) to `batch`, signed where the user signs, and writes all of the batch to
// `own`. Settings of the repository around the configuration count as they do for git there; those of somebody else's
// repository do not, for they name programs. kDenied: git could not sign it, with what it said.
[[nodiscard]] base::Result<ObjectId> WriteCommit(GitRepository& own, RepositoryAround& around, std::string commit,
                                                 ObjectBatch* batch);

}  // namespace kadende::state
