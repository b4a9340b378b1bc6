#include "providers/process/start.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "engine/base/fault.h"
#include "engine/base/secret_text.h"
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
  void PassOnly(int ready, int spec) {
    posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions_, 0, 1);
    posix_spawn_file_actions_adddup2(&actions_, 0, 2);
    posix_spawn_file_actions_adddup2(&actions_, ready, shim::kReadyDescriptor);
    posix_spawn_file_actions_adddup2(&actions_, spec, shim::kSpecDescriptor);
    posix_spawn_file_actions_addclosefrom_np(&actions_, shim::kSpecDescriptor + 1);
  }

  int Spawn(pid_t* pid, const std::string& program, char* const* argv, char* const* envp) const {
    return ::posix_spawn(pid, program.c_str(), &actions_, &attributes_, argv, envp);
  }

 private:
  posix_spawn_file_actions_t actions_ = {};
  posix_spawnattr_t attributes_ = {};
};

// What the shim is found by, and what is told of the node where the shim is all that is left of it; never the node's
// token variable, which marks processes of the node.
std::vector<std::string> ShimEnvironment(const shim::Spec& spec) {
  std::vector<std::string> environment = {std::string(shim::kSupervisesVariable) + "=" + spec.token};
  const std::string token = std::string(shim::kTokenVariable) + "=";
  for (const std::string& entry : spec.env) {
    if (entry.starts_with("KADENDE_") && !entry.starts_with(token)) environment.push_back(entry);
  }
  return environment;
}

// Where dup2 to the descriptors of the shim cannot get into its way.
int OutOfTheWay(int fd) {
  return ::fcntl(fd, F_DUPFD_CLOEXEC, shim::kSpecDescriptor + 1);
}

shim::Descriptor SpecInMemory(const shim::Spec& spec) {
  const shim::Descriptor made(::memfd_create("kadende-spec", MFD_CLOEXEC));
  std::string text = shim::EncodeSpec(spec);
  shim::Descriptor filled;
  if (made && shim::WriteAll(made.get(), text)) filled.Reset(OutOfTheWay(made.get()));
  base::Wipe(text);
  return filled;
}

base::Result<pid_t> Spawn(const std::string& program, const NodeFolder& folder, const shim::Spec& spec, int ready_end) {
  const shim::Descriptor what = SpecInMemory(spec);
  if (!what) return FileError("a file in memory for kadende-shim", errno);
  const shim::Descriptor ready(OutOfTheWay(ready_end));
  if (!ready) return FileError("a pipe to kadende-shim", errno);
  SpawnSettings settings;
  settings.PassOnly(ready.get(), what.get());
  std::string name = "kadende-shim";
  std::string path = folder.path();
  std::vector<std::string> environment = ShimEnvironment(spec);
  const std::array<char*, 3> argv = {name.data(), path.data(), nullptr};
  std::vector<char*> envp;
  for (std::string& entry : environment) envp.push_back(entry.data());
  envp.push_back(nullptr);
  pid_t pid = 0;
  const int error = settings.Spawn(&pid, program, argv.data(), envp.data());
  if (error == 0) return pid;
  const std::string why = program + " cannot be started: " + std::system_category().message(error);
  if (error == EAGAIN || error == ENOMEM) return base::Fail(base::ErrorCode::kQuota, why + " (see ulimit -u)");
  return base::Fail(base::ErrorCode::kInvalid, why + "; set KADENDE_SHIM to where kadende-shim is");
}

// What became of the process that was spawned: it forks, and exits with success once it has.
base::Status Judge(const std::string& program, int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  if (WIFEXITED(status) && WEXITSTATUS(status) == 1) {
    return base::Fail(base::ErrorCode::kQuota, program + " cannot fork: too many processes, or no memory (ulimit -u)");
  }
  if (WIFEXITED(status)) {
    return base::Fail(base::ErrorCode::kInternal, program + " ended with status " +
                                                      std::to_string(WEXITSTATUS(status)) +
                                                      " before it did anything: is it of the same version as kadende?");
  }
  return base::Fail(base::ErrorCode::kUnavailable,
                    program + " was killed by signal " + std::to_string(WTERMSIG(status)) +
                        " while it started; the node may come to run all the same",
                    base::Effect::kPossible);
}

// Until the spawned process has forked and ended, so that it is no zombie of ours. It needs no longer than a moment; on
// a machine where it does (stopped, out of memory, a hung file system) it is killed at the deadline.
base::Status AwaitFork(pid_t pid, const std::string& program, const NodeFolder& folder, const Deadline& deadline) {
  constexpr int kPollMillis = 20;
  constexpr int kPollsAfterKill = 50;
  const shim::Descriptor pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
  base::Status time;
  for (int polls_left = kPollsAfterKill; polls_left > 0;) {
    pollfd wanted = {pidfd.get(), POLLIN, 0};  // without one (no descriptor left) this only waits
    ::poll(&wanted, 1, kPollMillis);
    int status = 0;
    const pid_t ended = ::waitpid(pid, &status, WNOHANG);
    if (ended != 0 && !time) break;
    if (ended == pid) return Judge(program, status);
    if (ended < 0 && errno != EINTR) return {};  // reaped elsewhere: what it did is in the folder's status
    if (!time) {
      --polls_left;
      continue;
    }
    time = deadline.Check(
        "kadende-shim did not get going for " + folder.path() + ", so its node may or may not come to run",
        base::Effect::kPossible);
    if (!time) ::kill(pid, SIGKILL);
  }
  return time;
}

// Of a shim that could not even write why it started nothing.
base::Status LastWord(int fd, const NodeFolder& folder) {
  std::array<char, 4096> buffer;
  const ssize_t count = ::read(fd, buffer.data(), buffer.size());
  const auto status =
      shim::DecodeStatus(std::string_view(buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0));
  const int error = status && status->error != 0 ? status->error : EIO;
  return FileError("kadende-shim started nothing, because it cannot write " + folder.path() + "/" + shim::kStatusFile,
                   error);
}

// Until every holder of the other end has closed it.
base::Status WaitForClose(int fd, const NodeFolder& folder, const Deadline& deadline) {
  const std::string what = "waiting for the start of " + folder.path();
  for (;;) {
    pollfd wanted = {fd, POLLIN, 0};
    const int count = ::poll(&wanted, 1, 20);
    if (count > 0 && (wanted.revents & POLLIN) != 0) return LastWord(fd, folder);
    if (count > 0) return {};
    if (count < 0 && errno != EINTR) return FileError(what, errno);
    if (const base::Status time = deadline.Check(what, base::Effect::kPossible); !time) return time;
  }
}

}  // namespace

base::Status FillFolder(const NodeFolder& folder, const Properties& properties) {
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
  base::FaultPoint("providers.process.create.filled");
  return {};
}

base::Status StartShim(const std::string& shim_path, const NodeFolder& folder, const shim::Spec& spec,
                       Deadline* deadline) {
  std::array<int, 2> ends = {-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return FileError("a pipe to kadende-shim", errno);
  const shim::Descriptor read(ends[0]);
  shim::Descriptor write(ends[1]);
  const auto pid = Spawn(shim_path, folder, spec, write.get());
  if (!pid) return tl::unexpected(pid.error());
  base::FaultPoint("providers.process.create.spawned");
  write.Reset();
  if (base::Status forked = AwaitFork(*pid, shim_path, folder, *deadline); !forked) return forked;
  return WaitForClose(read.get(), folder, *deadline);
}

}  // namespace kadende::providers::process
