#include "state/git_known.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <fstream>
#include <sstream>

#include "engine/base/json.h"
#include "state/directory.h"
#include "state/file_lock.h"
#include "state/git_layout.h"

namespace kadende::state {
namespace {

constexpr int kFormat = 1;

std::string FolderIn(const std::string& repository) {
  return repository + "/kadende-remote";
}

std::string PathIn(const std::string& repository, std::string_view cluster) {
  return FolderIn(repository) + "/" + EncodePart(cluster) + ".json";
}

base::Status WriteDurably(const std::string& path, const std::string& bytes) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return FailErrno(errno, "cannot write", path);
  errno = EIO;
  const bool good = write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) && fsync(fd) == 0;
  const int error = errno;
  close(fd);
  if (!good) return FailErrno(error, "cannot write", path);
  return {};
}

}  // namespace

std::optional<KnownRemote> ReadKnown(const std::string& repository, std::string_view cluster) {
  std::ifstream file(PathIn(repository, cluster), std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) return std::nullopt;
  const auto json = base::ParseJson(text.str());
  if (!json || !json->is_object()) return std::nullopt;
  try {
    if (json->value("format", 0) != kFormat) return std::nullopt;
    const auto time = base::ParseRfc3339(json->at("fetchedAt").get<std::string>());
    if (!time) return std::nullopt;
    return KnownRemote{json->at("address").get<std::string>(), json->value("tip", std::string()),
                       json->value("run", std::string()), *time};
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

base::Status WriteKnown(const std::string& repository, std::string_view cluster, const KnownRemote& known) {
  static std::atomic<unsigned> counter{0};
  base::Json json = {
      {"format", kFormat}, {"address", known.address}, {"fetchedAt", base::FormatRfc3339(known.fetched_at, true)}};
  if (!known.tip.empty()) json["tip"] = known.tip;
  if (!known.claim.empty()) json["run"] = known.claim;
  if (mkdir(FolderIn(repository).c_str(), 0700) != 0 && errno != EEXIST) {
    return FailErrno(errno, "cannot make", FolderIn(repository));
  }
  const std::string path = PathIn(repository, cluster);
  // Beside each other, two writers: the name of a cluster has no '~'.
  const std::string fresh = path + "~" + std::to_string(getpid()) + "-" + std::to_string(counter++);
  if (auto written = WriteDurably(fresh, json.dump(2) + "\n"); !written) return written;
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return FailErrno(errno, "cannot write", path);
  SyncDirectory(FolderIn(repository));
  return {};
}

}  // namespace kadende::state
