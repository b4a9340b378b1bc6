#include "state/git_own.h"

#include "state/directory.h"

namespace kadende::state {
namespace {

constexpr auto kLockWait = std::chrono::seconds(30);  // a first publish of 100,000 nodes holds it for half a second

}  // namespace

std::string OwnPath(const GitOptions& options) {
  return options.state_directory + "/history.git";
}

base::Result<GitRepository> OpenOwn(const GitOptions& options) {
  if (options.read_only) return base::Fail(base::ErrorCode::kDenied, "the history was opened for reading only");
  if (auto ready = PrepareDirectory(options.state_directory); !ready) return tl::unexpected(ready.error());
  return GitRepository::OpenOrCreate(OwnPath(options));
}

base::Result<FileLock> LockOwn(const std::string& path) {
  auto lock = FileLock::Open(path + "/kadende.lock", true);
  if (!lock) return tl::unexpected(lock.error());
  const auto taken = PollUntil(kLockWait, [&] { return lock->TryLock(LockKind::kExclusive); });
  if (!taken) return tl::unexpected(taken.error());
  if (!*taken) {
    return base::Fail(base::ErrorCode::kUnavailable, "another process has been publishing to " + path + " for 30 s");
  }
  return std::move(*lock);
}

}  // namespace kadende::state
