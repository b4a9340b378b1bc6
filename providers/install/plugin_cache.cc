#include "providers/install/plugin_cache.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "engine/base/fault.h"
#include "providers/install/archive.h"
#include "providers/install/file_bytes.h"
#include "providers/install/plugin_content.h"

namespace kadende::providers {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kIncoming = "incoming-";
constexpr std::size_t kLargestRead = std::size_t{4096} << 20U;  // what was kept may be as large as its user allowed
constexpr std::string_view kUnpacked = ".files";
constexpr const char* kArchive = "/archive";
constexpr const char* kFiles = "/files";
constexpr std::array<std::string_view, 3> kEndings = {"", ".so", ".mjs"};
constexpr mode_t kFolderMode = 0755;
constexpr mode_t kPluginMode = 0555;

base::Status MakeFolder(const std::string& path) {
  if (mkdir(path.c_str(), kFolderMode) == 0 || errno == EEXIST) return {};
  return tl::unexpected(FileError("cannot make " + path, errno));
}

base::Status SyncFolder(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool good = fd >= 0 && fsync(fd) == 0;
  const int cause = errno;
  if (fd >= 0) close(fd);
  return good ? base::Status{} : base::Status(tl::unexpected(FileError("cannot make " + path + " durable", cause)));
}

// What a killed download left: whoever is still at one holds its lock.
void RemoveLeftOvers(const std::string& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kIncoming)) continue;
    std::string file = entry.path().string();
    if (name.ends_with(kUnpacked)) file.resize(file.size() - kUnpacked.size());
    const int fd = open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno != ENOENT) continue;
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0) {
      std::error_code ignored;
      fs::remove_all(file + std::string(kUnpacked), ignored);
      unlink(file.c_str());
    }
    if (fd >= 0) close(fd);
  }
}

OpenFile OpenForGood(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return nullptr;
  return {new int(fd), [](const int* opened) {
            close(*opened);
            delete opened;
          }};
}

tl::unexpected<base::Error> Changed(const std::string& path, const base::Digest& found) {
  return base::Fail(base::ErrorCode::kCorrupt,
                    path + " was changed: its SHA-256 is " + base::ToHex(found) +
                        "; it is not run. Remove that folder, and `kadende provider install` fetches it again");
}

}  // namespace

base::Result<VerifiedPlugin> PluginCache::Verified(const base::Digest& hash) const {
  const std::string folder = folder_ + "/" + base::ToHex(hash);
  for (const std::string_view ending : kEndings) {
    const std::string path = folder + "/plugin" + std::string(ending);
    const OpenFile file = OpenForGood(path);
    if (!file && errno == ENOENT) continue;
    if (!file) return tl::unexpected(FileError("cannot read " + path, errno));
    auto bytes = ReadBytes(*file, path, kLargestRead);
    if (!bytes) return tl::unexpected(std::move(bytes).error());
    const base::Digest found = base::Sha256(*bytes);
    if (found == hash) return VerifiedPlugin{path, file};
    return Changed(path, found);
  }
  return VerifiedArchive(folder, hash);
}

base::Result<VerifiedPlugin> PluginCache::VerifiedArchive(const std::string& folder, const base::Digest& hash) const {
  const std::string path = folder + kArchive;
  const auto bytes = ReadBytes(path, kLargestRead);
  if (!bytes && bytes.error().code == base::ErrorCode::kNotFound) {
    return base::Fail(base::ErrorCode::kNotFound, "no file with SHA-256 " + base::ToHex(hash) + " is in " + folder_);
  }
  if (!bytes) return tl::unexpected(bytes.error());
  if (const base::Digest found = base::Sha256(*bytes); found != hash) return Changed(path, found);
  const ArchiveLimits limits{kLargestRead};
  if (auto same = CompareUnpacked(*bytes, folder + kFiles, limits); !same) return tl::unexpected(same.error());
  auto plugin = PluginAmong(folder + kFiles);
  if (!plugin) return tl::unexpected(std::move(plugin).error());
  return VerifiedPlugin{std::move(*plugin), nullptr};
}

std::vector<base::Digest> PluginCache::All() const {
  std::vector<base::Digest> all;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    if (const auto hash = base::DigestFromHex(entry.path().filename().string())) all.push_back(*hash);
  }
  std::sort(all.begin(), all.end());
  return all;
}

base::Result<IncomingPlugin> IncomingPlugin::Begin(const PluginCache& cache) {
  if (auto made = MakeFolder(cache.folder_); !made) return tl::unexpected(std::move(made).error());
  RemoveLeftOvers(cache.folder_);
  std::string path = cache.folder_ + "/" + std::string(kIncoming) + "XXXXXX";
  const int fd = mkostemp(path.data(), O_CLOEXEC);
  if (fd < 0) return tl::unexpected(FileError("cannot write to " + cache.folder_, errno));
  flock(fd, LOCK_EX | LOCK_NB);  // nobody else has it open yet
  return IncomingPlugin(cache, std::move(path), fd);
}

IncomingPlugin::IncomingPlugin(IncomingPlugin&& other) noexcept
    : cache_(other.cache_),
      path_(std::exchange(other.path_, {})),
      fd_(std::exchange(other.fd_, -1)),
      size_(other.size_),
      unpacked_(std::exchange(other.unpacked_, {})) {}

IncomingPlugin::~IncomingPlugin() {
  std::error_code ignored;
  if (!unpacked_.empty()) fs::remove_all(unpacked_, ignored);
  if (!path_.empty()) unlink(path_.c_str());
  if (fd_ >= 0) close(fd_);
}

base::Status IncomingPlugin::Write(std::string_view piece) {
  size_ += piece.size();
  if (size_ > cache_.limit_) {
    return base::Fail(base::ErrorCode::kInvalid, "the file is larger than " + std::to_string(cache_.limit_ >> 20U) +
                                                     " MiB; --max-size allows more");
  }
  while (!piece.empty()) {
    const ssize_t count = write(fd_, piece.data(), piece.size());
    if (count < 0 && errno != EINTR) return tl::unexpected(FileError("cannot write " + path_, errno));
    if (count > 0) piece.remove_prefix(static_cast<std::size_t>(count));
  }
  base::FaultPoint("install.received");
  return {};
}

base::Result<IncomingPlugin::Content> IncomingPlugin::Finish() {
  auto bytes = ReadBytes(path_, cache_.limit_);
  if (!bytes) return tl::unexpected(std::move(bytes).error());
  const base::Digest hash = base::Sha256(*bytes);
  if (IsArchive(*bytes)) {
    unpacked_ = path_ + std::string(kUnpacked);
    if (auto done = Unpack(*bytes, unpacked_, {cache_.limit_}); !done) return tl::unexpected(std::move(done).error());
    auto plugin = PluginAmong(unpacked_);
    if (!plugin) return tl::unexpected(std::move(plugin).error());
    bytes = ReadBytes(*plugin, cache_.limit_);
    if (!bytes) return tl::unexpected(std::move(bytes).error());
  }
  auto platform = PlatformOf(*bytes);
  if (!platform) return tl::unexpected(std::move(platform).error());
  return Content{hash, std::move(*platform)};
}

base::Result<std::string> IncomingPlugin::Keep(const base::Digest& hash, std::string_view ending) {
  const std::string folder = cache_.folder_ + "/" + base::ToHex(hash);
  if (auto made = MakeFolder(folder); !made) return tl::unexpected(std::move(made).error());
  const std::string path = unpacked_.empty() ? folder + "/plugin" + std::string(ending) : folder + kArchive;
  if (fchmod(fd_, kPluginMode) != 0 || fsync(fd_) != 0) return tl::unexpected(FileError("cannot keep " + path, errno));
  base::FaultPoint("install.rename.before");
  if (!unpacked_.empty()) {
    // The archive comes last: without it nobody looks at what was in it.
    std::error_code error;
    fs::remove_all(folder + kFiles, error);
    fs::rename(unpacked_, folder + kFiles, error);
    if (error) return tl::unexpected(FileError("cannot make " + folder + kFiles, error.value()));
    unpacked_ = folder + kFiles;
  }
  if (rename(path_.c_str(), path.c_str()) != 0) return tl::unexpected(FileError("cannot make " + path, errno));
  path_.clear();
  const std::string files = std::exchange(unpacked_, {});
  for (const std::string& each : {folder, cache_.folder_}) {
    if (auto synced = SyncFolder(each); !synced) return tl::unexpected(std::move(synced).error());
  }
  base::FaultPoint("install.rename.after");
  return files.empty() ? base::Result<std::string>(path) : PluginAmong(files);
}

}  // namespace kadende::providers
