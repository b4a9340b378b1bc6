#include "providers/shim/files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>

namespace kadende::providers::shim {
namespace {

struct flock WholeFile() {
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

std::string FirstLine(const char* path) {
  std::string text = ReadFile(AT_FDCWD, path).value_or("");
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// The number in field `wanted` of a stat line, counting from the state (field 3), which follows the name in brackets.
std::uint64_t StatField(std::string_view fields, int wanted) {
  std::uint64_t value = 0;
  for (int field = 3; !fields.empty(); ++field) {
    const std::size_t end = std::min(fields.find(' '), fields.size());
    if (field == wanted) std::from_chars(fields.data(), fields.data() + end, value);
    fields.remove_prefix(std::min(end + 1, fields.size()));
  }
  return value;
}

}  // namespace

std::optional<std::string> ReadFile(int at, const char* path) {
  const Descriptor fd(::openat(at, path, O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return std::nullopt;
  std::string content;
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
    if (count > 0) {
      content.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (count == 0) {
      return content;
    } else if (errno != EINTR) {
      return std::nullopt;
    }
  }
}

bool WriteAll(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t count = ::write(fd, content.data(), content.size());
    if (count >= 0) {
      content.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

bool ReplaceFile(int at, const char* path, std::string_view content) {
  const std::string temporary = std::string(path) + ".new";
  Descriptor fd(::openat(at, temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd || !WriteAll(fd.get(), content)) return false;
  fd.Reset();
  return ::renameat(at, temporary.c_str(), at, path) == 0;
}

bool TryLockFile(int fd) {
  struct flock lock = WholeFile();
  return ::fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

bool IsFileLocked(int fd) {
  struct flock lock = WholeFile();
  return ::fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

std::optional<ProcessStat> ReadProcessStat(pid_t pid) {
  std::array<char, 40> path;
  std::snprintf(path.data(), path.size(), "/proc/%d/stat", static_cast<int>(pid));
  const std::optional<std::string> text = ReadFile(AT_FDCWD, path.data());
  if (!text) return std::nullopt;
  const std::size_t name_end = text->rfind(')');  // the name may itself hold brackets and blanks
  if (name_end == std::string::npos || name_end + 2 >= text->size()) return std::nullopt;
  const std::string_view fields = std::string_view(*text).substr(name_end + 2);
  ProcessStat stat;
  stat.state = fields.front();
  stat.parent = static_cast<pid_t>(StatField(fields, 4));
  stat.start = StatField(fields, 22);
  return stat;
}

std::string BootId() {
  return FirstLine("/proc/sys/kernel/random/boot_id");
}

std::string PidSpace() {
  std::array<char, 64> target;
  const ssize_t length = ::readlink("/proc/self/ns/pid", target.data(), target.size());
  return length > 0 ? std::string(target.data(), static_cast<std::size_t>(length)) : std::string();
}

}  // namespace kadende::providers::shim
