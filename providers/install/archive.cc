#include "providers/install/archive.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>
#include <utility>
#include <vector>

#include "engine/base/text.h"
#include "providers/install/archive_reader.h"
#include "providers/install/file_bytes.h"

namespace kadende::providers {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;

constexpr std::string_view kGzip("\x1f\x8b");
constexpr std::string_view kZip("PK\x03\x04");
constexpr std::string_view kProgram = "kadende-provider-";

class OpenedFile {
 public:
  explicit OpenedFile(int fd) : fd_(fd) {}
  OpenedFile(const OpenedFile&) = delete;
  OpenedFile& operator=(const OpenedFile&) = delete;
  ~OpenedFile() {
    if (fd_ >= 0) close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  const int fd_;
};

base::Status WriteAll(int fd, std::string_view piece, const std::string& path) {
  while (!piece.empty()) {
    const ssize_t count = write(fd, piece.data(), piece.size());
    if (count < 0 && errno != EINTR) return tl::unexpected(FileError("cannot write " + path, errno));
    if (count > 0) piece.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

base::Status WriteFile(const std::string& folder, const ArchivedFile& file, const NextPiece& next) {
  const fs::path path = fs::path(folder) / file.path;
  std::error_code error;
  fs::create_directories(path.parent_path(), error);  // its own files are all that can be in the way
  const OpenedFile made(
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, file.executable ? 0555 : 0444));
  if (made.get() < 0 && errno == EEXIST) {
    return base::Fail(ErrorCode::kInvalid, "the archive holds `" + base::EscapeTerminal(file.path) + "` twice");
  }
  if (made.get() < 0) return tl::unexpected(FileError("cannot make " + path.string(), errno));
  for (;;) {
    const auto piece = next();
    if (!piece) return tl::unexpected(piece.error());
    if (piece->empty()) return {};
    if (auto written = WriteAll(made.get(), *piece, path.string()); !written) return written;
  }
}

tl::unexpected<base::Error> Changed(const std::string& path) {
  return base::Fail(ErrorCode::kCorrupt, path +
                                             " is not what its archive holds; it is not run. Remove that folder, and "
                                             "`kadende provider install` fetches it again");
}

base::Status CompareFile(const std::string& path, const ArchivedFile& file, const NextPiece& next) {
  const OpenedFile there(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat found = {};
  if (there.get() < 0 || fstat(there.get(), &found) != 0 || !S_ISREG(found.st_mode) ||
      ((found.st_mode & 0111U) != 0) != file.executable) {
    return Changed(path);
  }
  std::string have;
  for (;;) {
    const auto piece = next();
    if (!piece) return tl::unexpected(piece.error());
    have.resize(piece->empty() ? 1 : piece->size());
    std::size_t size = 0;
    while (size < have.size()) {
      const ssize_t count = read(there.get(), have.data() + size, have.size() - size);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) break;
      size += static_cast<std::size_t>(count);
    }
    if (std::string_view(have.data(), size) != *piece) return Changed(path);
    if (piece->empty()) return {};
  }
}

std::vector<fs::path> FilesBelow(const std::string& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (auto at = fs::recursive_directory_iterator(folder, error); !error && at != fs::recursive_directory_iterator();
       at.increment(error)) {
    if (!at->is_directory(error) || at->is_symlink(error)) files.push_back(at->path());
  }
  return files;
}

bool IsPluginsName(const std::string& name) {
  return name == "plugin" || name == "plugin.so" || name == "plugin.mjs" || name.starts_with(kProgram);
}

std::ptrdiff_t DepthOf(const fs::path& path) {
  return std::distance(path.begin(), path.end());
}

}  // namespace

bool IsArchive(std::string_view bytes) {
  return bytes.starts_with(kGzip) || bytes.starts_with(kZip);
}

base::Status Unpack(std::string_view bytes, const std::string& folder, const ArchiveLimits& limits) {
  if (mkdir(folder.c_str(), 0755) != 0) return tl::unexpected(FileError("cannot make " + folder, errno));
  auto done = ForEachFile(
      bytes, limits, [&](const ArchivedFile& file, const NextPiece& next) { return WriteFile(folder, file, next); });
  if (!done) return done;
  const OpenedFile made(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (made.get() < 0 || syncfs(made.get()) != 0) {
    return tl::unexpected(FileError("cannot make " + folder + " durable", errno));
  }
  return {};
}

base::Status CompareUnpacked(std::string_view bytes, const std::string& folder, const ArchiveLimits& limits) {
  std::set<std::string> known;
  auto same = ForEachFile(bytes, limits, [&](const ArchivedFile& file, const NextPiece& next) {
    std::string path = (fs::path(folder) / file.path).string();
    auto compared = CompareFile(path, file, next);
    known.insert(std::move(path));
    return compared;
  });
  if (!same) return same;
  for (const fs::path& path : FilesBelow(folder)) {
    if (!known.contains(path.string())) return Changed(path.string());
  }
  return {};
}

base::Result<std::string> PluginAmong(const std::string& folder) {
  std::vector<fs::path> found = FilesBelow(folder);
  std::erase_if(found, [](const fs::path& path) { return !IsPluginsName(path.filename().string()); });
  std::sort(found.begin(), found.end(),
            [](const fs::path& a, const fs::path& b) { return std::pair(DepthOf(a), a) < std::pair(DepthOf(b), b); });
  if (found.empty()) {
    return base::Fail(ErrorCode::kInvalid,
                      "the archive holds no plugin: a file called kadende-provider-NAME, plugin, plugin.so or "
                      "plugin.mjs");
  }
  if (found.size() > 1 && DepthOf(found[0]) == DepthOf(found[1])) {
    return base::Fail(ErrorCode::kInvalid,
                      "the archive holds several plugins: " + base::EscapeTerminal(found[0].filename().string()) +
                          " and " + base::EscapeTerminal(found[1].filename().string()));
  }
  return found.front().string();
}

}  // namespace kadende::providers
