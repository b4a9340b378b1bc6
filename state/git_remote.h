// Remote over the git program: Kadende's own history.git on this side, whatever `git fetch` reaches on the other.
#pragma once

#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/ports/clock.h"
#include "engine/ports/remote.h"

namespace kadende::state {

struct GitRemoteOptions {
  std::string state_directory;    // holds history.git, which is made where it is missing
  std::string folder;             // the configuration's: relative addresses, and the repository around it
  std::string remote;             // a name of that repository's remotes, a URL, or a path
  ports::Clock* clock = nullptr;  // must outlive the remote
  base::Millis limit = std::chrono::minutes(2);  // for each step over the network
};

// Nothing is looked at before the first call: a remote that is misspelt is an error there (kInvalid). Leases must be
// destroyed before the remote that gave them.
[[nodiscard]] std::unique_ptr<ports::Remote> OpenGitRemote(const GitRemoteOptions& options);

}  // namespace kadende::state
