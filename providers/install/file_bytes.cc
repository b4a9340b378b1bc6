#include "providers/install/file_bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace kadende::providers {

using base::ErrorCode;

base::Error FileError(std::string what, int cause) {
  ErrorCode code = ErrorCode::kUnavailable;
  if (cause == ENOENT || cause == ENOTDIR) code = ErrorCode::kNotFound;
  if (cause == EACCES || cause == EPERM || cause == EROFS) code = ErrorCode::kDenied;
  if (cause == ENOSPC || cause == EDQUOT) code = ErrorCode::kQuota;
  return {code, std::move(what) + ": " + std::generic_category().message(cause), base::Effect::kNone, std::nullopt};
}

base::Result<std::string> ReadBytes(int fd, const std::string& path, std::size_t limit) {
  struct stat found = {};
  std::string text;
  int cause = fstat(fd, &found) == 0 ? 0 : errno;
  const bool regular = cause == 0 && S_ISREG(found.st_mode);
  std::array<char, 65536> piece{};
  while (regular && text.size() <= limit) {
    const ssize_t count = pread(fd, piece.data(), piece.size(), static_cast<off_t>(text.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) cause = errno;
    if (count <= 0) break;
    text.append(piece.data(), static_cast<std::size_t>(count));
  }
  if (cause != 0) return tl::unexpected(FileError("cannot read " + path, cause));
  if (!regular) return base::Fail(ErrorCode::kInvalid, path + " is no regular file");
  if (text.size() > limit) {
    return base::Fail(ErrorCode::kInvalid, path + " is larger than " + std::to_string(limit >> 10U) + " KiB");
  }
  return text;
}

base::Result<std::string> ReadBytes(const std::string& path, std::size_t limit) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe there must not hold anybody up
  if (fd < 0) return tl::unexpected(FileError("cannot open " + path, errno));
  auto bytes = ReadBytes(fd, path, limit);
  close(fd);
  return bytes;
}

base::Status ReplaceBytes(const std::string& path, std::string_view bytes) {
  constexpr mode_t kMode = 0644;
  const std::string next = path + ".new-" + std::to_string(getpid());
  const int fd = open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, kMode);
  if (fd < 0) return tl::unexpected(FileError("cannot write " + path, errno));
  int cause = 0;
  while (cause == 0 && !bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
    if (count < 0 && errno != EINTR) cause = errno;
  }
  if (cause == 0 && fsync(fd) != 0) cause = errno;
  close(fd);
  if (cause == 0 && rename(next.c_str(), path.c_str()) != 0) cause = errno;
  if (cause == 0) return {};
  unlink(next.c_str());
  return tl::unexpected(FileError("cannot write " + path, cause));
}

}  // namespace kadende::providers
