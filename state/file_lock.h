// A lock on a file that the kernel frees when its holder dies: open file description locks (F_OFD_SETLK), which also
// exclude threads of one process from each other, and which no close() of another descriptor drops.
//
// The descriptor is close-on-exec. A child made by fork() without exec would share the lock: Kadende makes none.
// The file's content is free for a note about the holder; it is a help for people, never trusted.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace kadende::state {

enum class LockKind : std::uint8_t { kShared, kExclusive };

class FileLock {
 public:
  FileLock() = default;
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();  // closes, which unlocks

  // Opens for reading and writing, and creates the file (0600) if asked to. kNotFound, kDenied, kQuota.
  [[nodiscard]] static base::Result<FileLock> Open(const std::string& path, bool create);

  // True where the lock was taken, or changed to `kind` (atomically); false where somebody else is in the way.
  [[nodiscard]] base::Result<bool> TryLock(LockKind kind);
  void Unlock();
  // Whether somebody else holds it so that `kind` could not be taken now.
  [[nodiscard]] bool IsHeldByOther(LockKind kind) const;
  // Whether the path still leads to this file: after `rm -r .kadende` a lock guards nothing.
  [[nodiscard]] bool IsInPlace() const;

  [[nodiscard]] base::Status WriteNote(std::string_view note);
  [[nodiscard]] std::string ReadNote() const;  // empty where there is none; at most 4 KiB

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  FileLock(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  int fd_ = -1;
  std::string path_;
};

// Calls `attempt` until it gives true or an error, or `wait` has passed (false). Sleeps between attempts, from 0.1 ms
// doubling to 20 ms: the kernel offers no wait with an end for these locks.
[[nodiscard]] base::Result<bool> PollUntil(base::Millis wait, const std::function<base::Result<bool>()>& attempt);

// The error for a failed system call on `path`: permission, space, absence and the rest told apart.
[[nodiscard]] tl::unexpected<base::Error> FailErrno(int error, std::string_view what, const std::string& path);

}  // namespace kadende::state
