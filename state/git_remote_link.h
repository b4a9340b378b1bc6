// What a remote and its leases share: our own repository, the way to the remote, what was seen there, and the commits
// that renewals have made.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "state/git_known.h"
#include "state/git_network.h"
#include "state/git_remote.h"
#include "state/git_repository.h"

namespace kadende::state {

// Where fetched commits are kept in our own repository, so that they are not removed.
[[nodiscard]] std::string TrackedBranch(std::string_view cluster);  // "refs/kadende/remote/shop"
[[nodiscard]] std::string TrackedRun(std::string_view cluster);     // "refs/kadende/remote-run/shop"

// Thread-safe.
class GitRemoteLink {
 public:
  explicit GitRemoteLink(const GitRemoteOptions& options);

  [[nodiscard]] const std::string& path() const { return path_; }  // of our own repository
  [[nodiscard]] base::TimePoint Now() const { return options_.clock->Now(); }
  [[nodiscard]] base::Millis Monotonic() const { return options_.clock->Monotonic(); }
  [[nodiscard]] base::Millis limit() const { return options_.limit; }

  [[nodiscard]] base::Result<GitRepository> OpenOwn() const;  // made where it is missing
  [[nodiscard]] base::Result<GitAddress> Address() const;
  [[nodiscard]] base::Result<GitNetwork> Connect(base::Millis limit, std::stop_token stop = {}) const;

  // Keeps what was seen: the tracked refs of our own repository and the file beside them. nullopt: not looked at. A
  // failure is no failure of what was done: the next fetch mends it.
  void Remember(std::string_view cluster, const std::string& address, const std::optional<std::string>& tip,
                const std::optional<std::string>& claim);

  // A renewal makes a new commit for the same claim, and its push may have had an end that nobody saw.
  void NoteIssued(std::string_view cluster, const std::string& commit, bool first);
  [[nodiscard]] bool IsSameClaim(std::string_view cluster, const std::string& a, const std::string& b) const;

 private:
  const GitRemoteOptions options_;
  const std::string path_;
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<std::string>, std::less<>> issued_;  // by cluster; guarded by mutex_
};

}  // namespace kadende::state
