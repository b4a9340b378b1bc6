// History over libgit2: Kadende's own bare repository <state dir>/history.git, and beside it the enclosing repository
// (if any) on the branch kadende/<cluster>: objects and that ref only, work tree and index are never touched.
#pragma once

#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/ports/history.h"

namespace kadende::state {

// For readers: what the remote has of a cluster, which is no branch of ours.
struct FetchedLine {
  std::string cluster;  // name; empty: every cluster's line is its branch
  std::string tip;      // hex, in our own repository
};

struct GitOptions {
  std::string state_directory;  // holds history.git
  std::string enclosing_from;   // where to look for an enclosing repository (the configuration's folder); empty: none
  bool read_only = false;
  bool write_enclosing = true;  // false: the branch is shared through a remote instead
  FetchedLine fetched = {};     // read in place of its cluster's branch
};

[[nodiscard]] base::Result<std::unique_ptr<ports::History>> OpenGitHistory(const GitOptions& options);

}  // namespace kadende::state
