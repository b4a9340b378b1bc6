#include "providers/shim/output_log.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <string>

#include "providers/shim/protocol.h"

namespace kadende::providers::shim {

OutputLog::OutputLog(int folder, std::uint64_t limit) : folder_(folder), limit_(limit) {
  Open();
}

void OutputLog::Open() {
  file_.Reset(::openat(folder_, kOutputFile, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  struct stat info = {};
  size_ = file_ && ::fstat(file_.get(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

bool OutputLog::Drain(int pipe) {
  static std::array<char, 64 * 1024> buffer;  // as much as a pipe holds; not on the stack of every shim
  for (;;) {
    const ssize_t count = ::read(pipe, buffer.data(), buffer.size());
    if (count > 0) {
      Append({buffer.data(), static_cast<std::size_t>(count)});
      if (static_cast<std::size_t>(count) < buffer.size()) return true;
    } else if (count == 0) {
      return false;
    } else if (errno != EINTR) {
      return true;
    }
  }
}

void OutputLog::Append(std::string_view bytes) {
  if (limit_ != 0 && size_ != 0 && size_ + bytes.size() > limit_) Rotate();
  if (file_ && WriteAll(file_.get(), bytes)) size_ += bytes.size();
}

// Oldest first, so that a kill in between leaves a gap in the numbers and loses nothing that is to be kept.
void OutputLog::Rotate() {
  const std::string name = kOutputFile;
  for (int i = kOutputFiles - 1; i > 0; --i) {
    const std::string from = i == 1 ? name : name + "." + std::to_string(i - 1);
    ::renameat(folder_, from.c_str(), folder_, (name + "." + std::to_string(i)).c_str());
  }
  Descriptor old = std::move(file_);
  Open();
  if (file_ && size_ == 0) return;
  // The folder is gone or read-only. Without a new file the old one is cut, or it would grow for ever unseen.
  if (!file_) file_ = std::move(old);
  if (file_ && ::ftruncate(file_.get(), 0) == 0) size_ = 0;
}

}  // namespace kadende::providers::shim
