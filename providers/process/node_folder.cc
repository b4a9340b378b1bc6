#include "providers/process/node_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "engine/base/digest.h"
#include "engine/base/fault.h"
#include "providers/shim/protocol.h"

namespace kadende::providers::process {
namespace {

shim::Descriptor OpenFolder(const std::string& path) {
  return shim::Descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
}

// False where the folder was removed, or removed and made anew, since it was opened.
bool IsStillAt(int fd, const std::string& path) {
  struct stat opened = {};
  struct stat there = {};
  return ::fstat(fd, &opened) == 0 && ::stat(path.c_str(), &there) == 0 && opened.st_ino == there.st_ino &&
         opened.st_dev == there.st_dev;
}

}  // namespace

tl::unexpected<base::Error> FileError(const std::string& path, int error) {
  base::ErrorCode code = base::ErrorCode::kUnavailable;
  if (error == ENOSPC || error == EDQUOT) code = base::ErrorCode::kQuota;
  if (error == EACCES || error == EPERM || error == EROFS) code = base::ErrorCode::kDenied;
  return base::Fail(code, path + ": " + std::system_category().message(error));
}

std::optional<NodeFolder> NodeFolder::Open(const Registry& registry, const InstanceId& id) {
  std::string path = registry.NodeFolder(id);
  shim::Descriptor fd = OpenFolder(path);
  if (!fd) return std::nullopt;
  return NodeFolder(std::move(fd), std::move(path));
}

base::Result<std::optional<NodeFolder>> NodeFolder::Lock(const Registry& registry, const InstanceId& id, bool make,
                                                         Deadline* deadline) {
  const std::string path = registry.NodeFolder(id);
  for (;;) {
    if (make && ::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
      const int error = errno;
      const base::Status made = error == ENOENT ? registry.MakeLineage(id.lineage) : FileError(path, error);
      if (!made) return tl::unexpected(made.error());
      if (const base::Status time = deadline->Check(path, base::Effect::kNone); !time)
        return tl::unexpected(time.error());
      continue;
    }
    NodeFolder folder(OpenFolder(path), path);
    if (!folder.fd_) {
      const int error = errno;
      if (error != ENOENT) return FileError(path, error);
      if (!make) return std::optional<NodeFolder>();
    } else if (::flock(folder.fd(), LOCK_EX | LOCK_NB) == 0) {
      if (IsStillAt(folder.fd(), path)) return std::optional<NodeFolder>(std::move(folder));
      continue;
    } else if (errno != EWOULDBLOCK && errno != EINTR) {
      return FileError(path, errno);
    }
    const base::Status time = deadline->Check(path + " is locked by another kadende", base::Effect::kNone);
    if (!time) return tl::unexpected(time.error());
    deadline->Pause();
  }
}

base::Result<std::optional<NodeRecord>> NodeFolder::ReadRecord() const {
  const auto text = shim::ReadFile(fd(), shim::kRecordFile);
  if (!text && errno != ENOENT) return FileError(path_ + "/" + shim::kRecordFile, errno);
  // Empty after a power cut: the node that it described is gone with it.
  if (!text || text->empty()) return std::optional<NodeRecord>();
  auto record = DecodeRecord(*text);
  if (!record) return base::Wrap(record.error(), path_ + "/" + shim::kRecordFile);
  return std::optional<NodeRecord>(std::move(*record));
}

base::Status NodeFolder::WriteRecord(const NodeRecord& record) const {
  if (shim::ReplaceFile(fd(), shim::kRecordFile, EncodeRecord(record))) return {};
  return FileError(path_ + "/" + shim::kRecordFile, errno);
}

// The lock before the status: a shim writes its last status before it lets go, so what is read without a shim is final.
// A shim may also come to life in between; then it is looked at again.
NodeState NodeFolder::ReadState() const {
  NodeState state;
  const shim::Descriptor lock(::openat(fd(), shim::kLockFile, O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  for (int attempt = 0; attempt < 3; ++attempt) {
    state.supervised = lock && shim::IsFileLocked(lock.get());
    const auto text = shim::ReadFile(fd(), shim::kStatusFile);
    state.status = text ? shim::DecodeStatus(*text) : std::nullopt;
    if (state.supervised || !state.status || state.Ended()) break;
    if (!lock || !shim::IsFileLocked(lock.get())) break;
  }
  return state;
}

bool NodeFolder::KeepShimsOut() {
  if (shim_lock_) return true;
  shim::Descriptor lock(::openat(fd(), shim::kLockFile, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock || !shim::TryLockFile(lock.get())) return false;
  shim_lock_ = std::move(lock);
  return true;
}

base::Status NodeFolder::Remove() {
  const std::size_t slash = path_.rfind('/');
  const std::string gone =
      path_.substr(0, slash) + "/.gone-" + path_.substr(slash + 1) + "-" + base::ToBase32(base::RandomBytes(5));
  base::FaultPoint("providers.process.remove.before");
  if (::rename(path_.c_str(), gone.c_str()) != 0 && errno != ENOENT) return FileError(path_, errno);
  base::FaultPoint("providers.process.remove.renamed");
  RemoveTree(gone);
  base::FaultPoint("providers.process.remove.after");
  return {};
}

}  // namespace kadende::providers::process
