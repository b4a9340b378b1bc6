#include "providers/install/plugin_cache.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "engine/base/fault.h"
#include "providers/install/file_bytes.h"
#include "providers/install/plugin_content.h"

namespace kadende::providers {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kIncoming = "incoming-";
constexpr std::size_t kLargestRead = std::size_t{4096} << 20U;  // what was kept may be as large as its user allowed
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
    if (!entry.path().filename().string().starts_with(kIncoming)) continue;
    const int fd = open(entry.path().c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) continue;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) unlink(entry.path().c_str());
    close(fd);
  }
}

}  // namespace

base::Result<std::string> PluginCache::Verified(const base::Digest& hash) const {
  const std::string at = folder_ + "/" + base::ToHex(hash) + "/plugin";
  for (const std::string& path : {at, at + ".so"}) {
    auto bytes = ReadBytes(path, kLargestRead);
    if (!bytes && bytes.error().code == base::ErrorCode::kNotFound) continue;
    if (!bytes) return tl::unexpected(std::move(bytes).error());
    const base::Digest found = base::Sha256(*bytes);
    if (found == hash) return path;
    return base::Fail(base::ErrorCode::kCorrupt,
                      path + " was changed: its SHA-256 is " + base::ToHex(found) +
                          "; it is not run. Remove that folder, and `kadende provider install` fetches it again");
  }
  return base::Fail(base::ErrorCode::kNotFound, "no file with SHA-256 " + base::ToHex(hash) + " is in " + folder_);
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
      size_(other.size_) {}

IncomingPlugin::~IncomingPlugin() {
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
  auto platform = PlatformOf(*bytes);
  if (!platform) return tl::unexpected(std::move(platform).error());
  return Content{base::Sha256(*bytes), std::move(*platform)};
}

base::Result<std::string> IncomingPlugin::Keep(const base::Digest& hash, bool shared_object) {
  const std::string folder = cache_.folder_ + "/" + base::ToHex(hash);
  if (auto made = MakeFolder(folder); !made) return tl::unexpected(std::move(made).error());
  const std::string path = folder + (shared_object ? "/plugin.so" : "/plugin");
  if (fchmod(fd_, kPluginMode) != 0 || fsync(fd_) != 0) return tl::unexpected(FileError("cannot keep " + path, errno));
  base::FaultPoint("install.rename.before");
  if (rename(path_.c_str(), path.c_str()) != 0) return tl::unexpected(FileError("cannot make " + path, errno));
  path_.clear();
  for (const std::string& each : {folder, cache_.folder_}) {
    if (auto synced = SyncFolder(each); !synced) return tl::unexpected(std::move(synced).error());
  }
  base::FaultPoint("install.rename.after");
  return path;
}

}  // namespace kadende::providers
