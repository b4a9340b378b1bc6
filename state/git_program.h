// The `git` program as a child process: for everything that goes over a network, because it brings the user's ssh,
// proxies and credential helpers along (DESIGN 5), and for repacking. libgit2 does the rest (git_repository).
//
// The child leads a session of its own: it has no terminal to ask at (what needs a password gets it from an agent, a
// credential helper or GIT_ASKPASS, or fails at once), Ctrl-C does not reach it, and ssh and helpers end with it. Its
// language is C. Of GIT_* only what says how to reach others is passed on (a hook that calls kadende has GIT_DIR set),
// and no hook of the user's is run. Thread-safe; never a fork without exec.
#pragma once

#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace kadende::state {

// Settings for one command, in order; later ones count. They travel in the environment, for they may be secrets.
using GitSettings = std::vector<std::pair<std::string, std::string>>;

struct GitCommand {
  std::vector<std::string> arguments;  // after "git"
  GitSettings settings = {};
  std::string input = {};  // stdin
  base::Millis limit = std::chrono::minutes(2);
  std::stop_token stop = {};
  GitSettings environment = {};  // GIT_AUTHOR_DATE and the like: what no setting can say
};

struct GitOutput {
  int status = 0;   // as a shell counts: 128 + signal
  std::string out;  // at most 16 MiB each; the rest is dropped
  std::string err;
};

// Any exit status is a result. kTimeout, kCancelled: the child and all that it started were ended, with a moment for
// git to remove its lock files. kNotFound: there is no git.
[[nodiscard]] base::Result<GitOutput> RunGit(const GitCommand& command);

}  // namespace kadende::state
