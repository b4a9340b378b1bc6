#include "state/directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "state/file_lock.h"

namespace kadende::state {
namespace {

using base::ErrorCode;
using base::Fail;

// f_type of statfs(2); linux/magic.h lacks some of them.
struct NetworkMagic {
  unsigned long magic;
  const char* name;
};
constexpr NetworkMagic kNetwork[] = {
    {0x6969, "NFS"},
    {0x517B, "SMB"},
    {0xFF534D42, "CIFS"},
    {0xFE534D42, "SMB2"},
    {0x01021997, "9p"},
    {0x00C36400, "Ceph"},
    {0x5346414F, "AFS"},
    {0x6B414653, "AFS"},
    {0x73757245, "Coda"},
    {0x7461636F, "OCFS2"},
    {0x01161970, "GFS2"},
    {0x0BD00BD0, "Lustre"},
    {0x786F4256, "VirtualBox shared folder"},
    {0xBACBACBC, "VMware shared folder"},
    {0x19830326, "BeeGFS"},
    {0x47504653, "GPFS"},
    {0x564C, "NCP"},
    {0xAAD7AAEA, "PanFS"},
};
constexpr unsigned long kFuse = 0x65735546;

// FUSE serves local disks (ntfs-3g as "fuseblk", encrypted folders) as well as remote ones.
bool IsLocalFuse(std::string_view mount_type) {
  constexpr std::string_view kLocal[] = {"fuseblk",       "fuse.gocryptfs", "fuse.encfs",
                                         "fuse.cryfs",    "fuse.bindfs",    "fuse.fuse-overlayfs",
                                         "fuse.mergerfs", "fuse.ntfs-3g",   "fuse.exfat"};
  return std::find(std::begin(kLocal), std::end(kLocal), mount_type) != std::end(kLocal);
}

// The mount's type from /proc/self/mountinfo: "... major:minor ... - type source options".
std::string MountType(dev_t device) {
  const std::string wanted = std::to_string(major(device)) + ":" + std::to_string(minor(device));
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::string id;
    std::string parent;
    std::string number;
    fields >> id >> parent >> number;
    const auto separator = line.find(" - ");
    if (number != wanted || separator == std::string::npos) continue;
    return line.substr(separator + 3, line.find(' ', separator + 3) - separator - 3);
  }
  return {};
}

base::Status WriteGitignore(const std::string& directory) {
  const std::string path = directory + "/.gitignore";
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) {
    if (errno == EEXIST || errno == EROFS || errno == EACCES) return {};  // not needed for anything else to work
    return FailErrno(errno, "cannot create", path);
  }
  constexpr std::string_view kText = "*\n";
  const bool written = write(fd, kText.data(), kText.size()) == static_cast<ssize_t>(kText.size());
  const int error = errno;
  close(fd);
  if (written) return {};
  unlink(path.c_str());
  return FailErrno(error, "cannot write", path);
}

}  // namespace

std::string NetworkFilesystemName(unsigned long magic, std::string_view mount_type) {
  magic &= 0xFFFFFFFFUL;
  if (magic == kFuse && !IsLocalFuse(mount_type)) {
    return mount_type.empty() ? "FUSE" : std::string(mount_type);
  }
  const auto* found = std::find_if(std::begin(kNetwork), std::end(kNetwork),
                                   [magic](const auto& entry) { return entry.magic == magic; });
  return found == std::end(kNetwork) ? std::string() : found->name;
}

base::Status CheckDirectory(const std::string& directory) {
  struct stat info {};
  if (stat(directory.c_str(), &info) != 0) return FailErrno(errno, "cannot open the state directory", directory);
  if (!S_ISDIR(info.st_mode)) {
    return Fail(ErrorCode::kInvalid, "the state directory `" + directory + "` is not a directory");
  }
  struct statfs fs {};
  if (statfs(directory.c_str(), &fs) != 0) return FailErrno(errno, "cannot look at the file system of", directory);
  const auto magic = static_cast<unsigned long>(fs.f_type);
  const std::string network = NetworkFilesystemName(magic, magic == kFuse ? MountType(info.st_dev) : std::string());
  if (network.empty()) return {};
  return Fail(ErrorCode::kInvalid, "the state directory `" + directory + "` is on a network file system (" + network +
                                       "), where its locks and memory map are not safe: choose a local one with " +
                                       "--state DIR");
}

base::Status PrepareDirectory(const std::string& directory) {
  namespace fs = std::filesystem;
  const fs::path path = fs::path(directory).lexically_normal();
  const fs::path parent = (path.has_filename() ? path : path.parent_path()).parent_path();
  std::error_code error;
  if (!parent.empty()) fs::create_directories(parent, error);
  if (error) return FailErrno(error.value(), "cannot create", parent.string());
  const bool created = mkdir(directory.c_str(), 0700) == 0;
  if (!created && errno != EEXIST) return FailErrno(errno, "cannot create the state directory", directory);
  if (auto status = CheckDirectory(directory); !status) return status;
  if (auto status = WriteGitignore(directory); !status) return status;
  if (created) {
    SyncDirectory(directory);
    SyncDirectory(parent.empty() ? "." : parent.string());
  }
  return {};
}

void SyncDirectory(const std::string& directory) {
  const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  (void)fsync(fd);
  close(fd);
}

}  // namespace kadende::state
