// Files and /proc for the shim and the process provider: plain system calls, no library.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace kadende::providers::shim {

// Owns a descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) Reset(std::exchange(other.fd_, -1));
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { Reset(); }

  void Reset(int fd = -1) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
  }
  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// Relative to the folder `at` (AT_FDCWD for none). nullopt: errno says why.
[[nodiscard]] std::optional<std::string> ReadFile(int at, const char* path);
// Replaces `path` at once: a reader sees the old content or the new one. No fsync: these files describe processes,
// which a power cut ends too; only a kill of the writer has to be survived. False: errno says why.
[[nodiscard]] bool ReplaceFile(int at, const char* path, std::string_view content);
// False: errno says why.
[[nodiscard]] bool WriteAll(int fd, std::string_view content);

// An open-file-description lock on the whole file: it ends with the last descriptor of `fd`, so with its process.
[[nodiscard]] bool TryLockFile(int fd);
// Whether somebody else holds it. Takes nothing itself, so it never disturbs a shim that is about to lock.
[[nodiscard]] bool IsFileLocked(int fd);

struct ProcessStat {
  char state = '?';
  pid_t parent = 0;
  std::uint64_t start = 0;  // clock ticks since boot
};
[[nodiscard]] std::optional<ProcessStat> ReadProcessStat(pid_t pid);

[[nodiscard]] std::string BootId();
[[nodiscard]] std::string PidSpace();  // names the pid namespace in which this process counts

}  // namespace kadende::providers::shim
