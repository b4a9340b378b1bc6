#include "state/file_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

namespace kadende::state {
namespace {

using base::ErrorCode;
using base::Fail;

constexpr std::size_t kMaxNote = 4096;

struct flock WholeFile(short type) {
  struct flock region {};
  region.l_type = type;
  region.l_whence = SEEK_SET;  // from 0, length 0: the whole file; l_pid must be 0 for F_OFD_*
  return region;
}

short TypeOf(LockKind kind) {
  return kind == LockKind::kShared ? F_RDLCK : F_WRLCK;
}

ErrorCode CodeOf(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kDenied;
    case ENOENT:
      return ErrorCode::kNotFound;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
      return ErrorCode::kQuota;
    case ENOTDIR:
    case EISDIR:
    case ENAMETOOLONG:
    case ELOOP:
      return ErrorCode::kInvalid;
    default:
      return ErrorCode::kInternal;
  }
}

// What a person can do about a file of the state directory.
const char* RemedyOf(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return "; run it as the user whose state that is, or choose another directory with --state DIR";
    case ENOENT:
      return "; was the state directory moved or removed? Put it back, or start anew: what was published to git is "
             "taken up again";
    case ENOSPC:
    case EDQUOT:
      return "; free some space and run it again";
    case EROFS:
      return "; its file system is read-only: choose another directory with --state DIR";
    default:
      return "";
  }
}

}  // namespace

tl::unexpected<base::Error> FailErrno(int error, std::string_view what, const std::string& path) {
  return Fail(CodeOf(error), std::string(what) + " `" + path +
                                 "`: " + std::error_code(error, std::generic_category()).message() + RemedyOf(error));
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  return *this;
}

FileLock::~FileLock() {
  if (fd_ >= 0) close(fd_);
}

base::Result<FileLock> FileLock::Open(const std::string& path, bool create) {
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0), 0600);
  if (fd < 0) return FailErrno(errno, "cannot open the lock file", path);
  return FileLock(fd, path);
}

base::Result<bool> FileLock::TryLock(LockKind kind) {
  struct flock region = WholeFile(TypeOf(kind));
  while (fcntl(fd_, F_OFD_SETLK, &region) != 0) {
    if (errno == EAGAIN || errno == EACCES) return false;
    if (errno != EINTR) return FailErrno(errno, "cannot lock", path_);
  }
  return true;
}

void FileLock::Unlock() {
  struct flock region = WholeFile(F_UNLCK);
  while (fcntl(fd_, F_OFD_SETLK, &region) != 0 && errno == EINTR) {
  }
}

bool FileLock::IsHeldByOther(LockKind kind) const {
  struct flock region = WholeFile(TypeOf(kind));
  return fcntl(fd_, F_OFD_GETLK, &region) == 0 && region.l_type != F_UNLCK;
}

bool FileLock::IsInPlace() const {
  struct stat mine {};
  struct stat there {};
  return fstat(fd_, &mine) == 0 && stat(path_.c_str(), &there) == 0 && mine.st_dev == there.st_dev &&
         mine.st_ino == there.st_ino;
}

base::Status FileLock::WriteNote(std::string_view note) {
  note = note.substr(0, kMaxNote);
  struct stat before {};  // notes of one holder are mostly as long as the last one: no truncation then
  const bool fits = fstat(fd_, &before) == 0 && before.st_size == static_cast<off_t>(note.size());
  if (pwrite(fd_, note.data(), note.size(), 0) != static_cast<ssize_t>(note.size()) ||
      (!fits && ftruncate(fd_, static_cast<off_t>(note.size())) != 0)) {
    return FailErrno(errno, "cannot write", path_);
  }
  return {};
}

std::string FileLock::ReadNote() const {
  std::array<char, kMaxNote> buffer{};
  const ssize_t size = pread(fd_, buffer.data(), buffer.size(), 0);
  return size > 0 ? std::string(buffer.data(), static_cast<std::size_t>(size)) : std::string();
}

base::Result<bool> PollUntil(base::Millis wait, const std::function<base::Result<bool>()>& attempt) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::microseconds kLongest(20'000);
  const auto deadline = Clock::now() + wait;
  std::chrono::microseconds pause(100);
  while (true) {
    auto done = attempt();
    if (!done || *done) return done;
    if (Clock::now() >= deadline) return false;
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, kLongest);
  }
}

}  // namespace kadende::state
