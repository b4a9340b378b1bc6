// Where a remote is, and the user's settings for the way there.
//
// Commits are fetched into and pushed from Kadende's own history.git, so that nothing of the user's repository is
// touched. What the user has set for remotes in the repository around the configuration (tokens of a CI system in
// http.extraheader, credential helpers, url.insteadOf, proxies, core.sshCommand, the address behind the name "origin")
// would not apply there, and is passed on. Settings of the user and of the machine apply by themselves; of those, only
// includes that are conditional on the place (includeIf "gitdir:") are decided by the place of history.git.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "state/git_program.h"

namespace kadende::state {

// The name under which git knows the address: it is in `settings`, not in the arguments.
inline constexpr std::string_view kRemoteName = "kadende-remote";

struct GitAddress {
  std::string shown;     // without credentials
  GitSettings settings;  // what a git command needs to reach it as kRemoteName
};

// `remote`: the name of a remote of the repository around `folder` (also of a linked work tree, whoever owns it), else
// a URL or path; a relative path counts from `folder`. Settings that name programs are not taken from a repository of
// somebody whom git does not trust (safe.directory). kInvalid: no such remote; the message names those that there are.
[[nodiscard]] base::Result<GitAddress> FindGitAddress(const std::string& folder, const std::string& remote);

// Replaces what stands between "://" and "@", wherever it does.
[[nodiscard]] std::string WithoutCredentials(std::string_view text);

}  // namespace kadende::state
