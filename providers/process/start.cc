#include "providers/process/start.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "engine/base/fault.h"
#include "providers/shim/protocol.h"

namespace kadende::providers::process {
namespace {

// Scripts can be executed.
mode_t ModeFor(std::string_view content) {
  return content.starts_with("#!") ? 0755 : 0644;
}

base::Status MakeFolder(int at, const std::string& name, const std::string& path) {
  if (::mkdirat(at, name.c_str(), 0755) == 0 || errno == EEXIST) return {};
  return FileError(path + "/" + name, errno);
}

base::Status WriteNodeFile(const NodeFolder& folder, const std::string& name, std::string_view content) {
  const std::string path = std::string(shim::kWorkFolder) + "/" + name;
  for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const base::Status made = MakeFolder(folder.fd(), path.substr(0, slash), folder.path());
    if (!made) return made;
  }
  const mode_t mode = ModeFor(content);
  const shim::Descriptor fd(
      ::openat(folder.fd(), path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
  // fchmod: whatever umask kadende was started with.
  if (fd && shim::WriteAll(fd.get(), content) && ::fchmod(fd.get(), mode) == 0) return {};
  return FileError(folder.path() + "/" + path, errno);
}

// Attributes of a spawn, freed again.
class SpawnSettings {
 public:
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    sigset_t all;
    sigset_t none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setflags(&attributes_,
                             static_cast<short>(POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK));
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  // Standard descriptors from /dev/null, `ready`, and nothing else, whatever kadende has open.
  void PassOnly(int ready) {
    posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions_, 0, 1);
    posix_spawn_file_actions_adddup2(&actions_, 0, 2);
    posix_spawn_file_actions_adddup2(&actions_, ready, shim::kReadyDescriptor);
    posix_spawn_file_actions_addclosefrom_np(&actions_, shim::kReadyDescriptor + 1);
  }

  int Spawn(pid_t* pid, const std::string& program, char* const* argv, char* const* envp) const {
    return ::posix_spawn(pid, program.c_str(), &actions_, &attributes_, argv, envp);
  }

 private:
  posix_spawn_file_actions_t actions_ = {};
  posix_spawnattr_t attributes_ = {};
};

base::Result<pid_t> Spawn(const std::string& program, const NodeFolder& folder, const std::string& token, int ready) {
  SpawnSettings settings;
  settings.PassOnly(ready);
  std::string name = "kadende-shim";
  std::string path = folder.path();
  std::string supervises = std::string(shim::kSupervisesVariable) + "=" + token;
  std::string place = std::string(shim::kFolderVariable) + "=" + path;
  const std::array<char*, 3> argv = {name.data(), path.data(), nullptr};
  const std::array<char*, 3> envp = {supervises.data(), place.data(), nullptr};
  pid_t pid = 0;
  const int error = settings.Spawn(&pid, program, argv.data(), envp.data());
  if (error == 0) return pid;
  const std::string why = program + " cannot be started: " + std::system_category().message(error);
  if (error == EAGAIN || error == ENOMEM) return base::Fail(base::ErrorCode::kQuota, why + " (see ulimit -u)");
  return base::Fail(base::ErrorCode::kInvalid, why + "; set KADENDE_SHIM to where kadende-shim is");
}

// Until every holder of the other end has closed it.
base::Status WaitForClose(int fd, const std::string& what, const Deadline& deadline) {
  for (;;) {
    pollfd wanted = {fd, POLLIN, 0};
    const int count = ::poll(&wanted, 1, 20);
    if (count > 0) return {};
    if (count < 0 && errno != EINTR) return FileError(what, errno);
    if (const base::Status time = deadline.Check(what, base::Effect::kPossible); !time) return time;
  }
}

}  // namespace

base::Status FillFolder(const NodeFolder& folder, const shim::Spec& spec, const Properties& properties) {
  if (base::Status made = MakeFolder(folder.fd(), shim::kWorkFolder, folder.path()); !made) return made;
  for (const auto& [name, content] : properties.files) {
    if (base::Status written = WriteNodeFile(folder, name, content); !written) return written;
  }
  base::FaultPoint("providers.process.create.files");
  const shim::Descriptor lock(::openat(folder.fd(), shim::kLockFile, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) return FileError(folder.path() + "/" + shim::kLockFile, errno);
  if (::mkfifoat(folder.fd(), shim::kControlFile, 0600) != 0 && errno != EEXIST) {
    return FileError(folder.path() + "/" + shim::kControlFile, errno);
  }
  if (!shim::ReplaceFile(folder.fd(), shim::kSpecFile, shim::EncodeSpec(spec))) {
    return FileError(folder.path() + "/" + shim::kSpecFile, errno);
  }
  base::FaultPoint("providers.process.create.spec");
  return {};
}

base::Status StartShim(const std::string& shim_path, const NodeFolder& folder, const std::string& token,
                       Deadline* deadline) {
  std::array<int, 2> ends = {-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return FileError("a pipe to kadende-shim", errno);
  const shim::Descriptor read(ends[0]);
  shim::Descriptor write(ends[1]);
  const auto pid = Spawn(shim_path, folder, token, write.get());
  if (!pid) return tl::unexpected(pid.error());
  base::FaultPoint("providers.process.create.spawned");
  write.Reset();
  // It forks and exits at once: what goes on is not our child, so we never leave a zombie.
  int status = 0;
  while (::waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WaitForClose(read.get(), "waiting for the start of " + folder.path(), *deadline);
}

}  // namespace kadende::providers::process
