#include "lang/file_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "lang/source_text.h"

namespace kadende::lang {
namespace {

using base::ErrorCode;
using base::Fail;

base::Error OpenError(const std::string& path, int error) {
  std::string reason = std::strerror(error);
  ErrorCode code = ErrorCode::kInvalid;
  if (error == ENOENT || error == ENOTDIR) {
    code = ErrorCode::kNotFound;
    reason = "there is no such file";
  } else if (error == EACCES || error == EPERM) {
    code = ErrorCode::kDenied;
    reason = "permission denied; check the modes of the file and its folders";
  }
  return {code, "cannot read " + path + ": " + reason, base::Effect::kNone, std::nullopt};
}

// The whole file, or a byte more than the limit where it is larger.
base::Result<std::string> ReadAll(int descriptor, const std::string& path) {
  std::string bytes;
  std::array<char, 65'536> buffer{};
  while (bytes.size() <= kMaxFileBytes) {
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got == 0) return bytes;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::unexpected<base::Error>(OpenError(path, errno));
    bytes.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return Fail(ErrorCode::kInvalid, "cannot read " + path +
                                       ": it is larger than the limit of 2 MiB; many equal nodes are one group with a "
                                       "`size`, not many entries");
}

base::Result<std::string> ReadFile(const std::string& path) {
  // Non-blocking: opening a named pipe would wait for a writer.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return tl::unexpected<base::Error>(OpenError(path, errno));
  struct stat status {};
  base::Result<std::string> bytes = std::string();
  if (::fstat(descriptor, &status) != 0) {
    bytes = tl::unexpected<base::Error>(OpenError(path, errno));
  } else if (S_ISDIR(status.st_mode)) {
    bytes = Fail(ErrorCode::kInvalid, "cannot read " + path + ": it is a folder; name a file in it");
  } else if (!S_ISREG(status.st_mode)) {
    bytes = Fail(ErrorCode::kInvalid, "cannot read " + path + ": it is not a regular file");
  } else {
    bytes = ReadAll(descriptor, path);
  }
  ::close(descriptor);
  return bytes;
}

}  // namespace

FileSource::FileSource(std::string path, std::map<std::string, std::string> variables, bool variables_may_lack)
    : path_(std::move(path)), variables_(std::move(variables)), variables_may_lack_(variables_may_lack) {}

base::Result<ports::SpecResult> FileSource::Read() {
  auto bytes = ReadFile(path_);
  if (!bytes) return tl::unexpected<base::Error>(std::move(bytes.error()));
  ParsedSpec parsed = Parse(*bytes, {path_, variables_, variables_may_lack_});
  positions_ = std::move(parsed.positions);
  return ports::SpecResult{std::move(parsed.spec), std::move(parsed.diagnostics)};
}

}  // namespace kadende::lang
