// Leaves old versions out of a line of commits: the kept ones are written again on a new first commit, with what they
// say and hold, and one on top tells from where (FORMAT.md, "Compaction").
#pragma once

#include "engine/base/result.h"
#include "engine/ports/history_care.h"
#include "state/git_around.h"
#include "state/git_commit.h"
#include "state/git_repository.h"

namespace kadende::state {

struct Compacted {
  ports::CompactResult result;
  ObjectId tip;
  bool wrote = false;  // false: nothing to leave out
};

// The caller holds the publish lock of `own`. The commit on top is the user's, and signed where the user signs.
[[nodiscard]] base::Result<Compacted> CompactLine(GitRepository& own, RepositoryAround& around,
                                                  const ports::CompactRequest& request);

}  // namespace kadende::state
