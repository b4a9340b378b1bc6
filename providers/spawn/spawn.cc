#include "providers/spawn/spawn.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "providers/spawn/pid_fd.h"

namespace kadende::providers {
namespace {

// Freed again at the end.
struct Settings {
  Settings() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~Settings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  Settings(const Settings&) = delete;
  Settings& operator=(const Settings&) = delete;

  posix_spawn_file_actions_t actions = {};
  posix_spawnattr_t attributes = {};
};

int Fill(Settings& settings, const std::string& directory, int output) {
  sigset_t all;
  sigset_t none;
  ::sigfillset(&all);
  ::sigemptyset(&none);
  posix_spawnattr_setsigdefault(&settings.attributes, &all);
  posix_spawnattr_setsigmask(&settings.attributes, &none);
  posix_spawnattr_setflags(&settings.attributes,
                           static_cast<short>(POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK));
  int error = posix_spawn_file_actions_addopen(&settings.actions, 0, "/dev/null", O_RDONLY, 0);
  if (error == 0) error = posix_spawn_file_actions_adddup2(&settings.actions, output, 1);
  if (error == 0) error = posix_spawn_file_actions_adddup2(&settings.actions, output, 2);
  if (error == 0) error = posix_spawn_file_actions_addclosefrom_np(&settings.actions, 3);
  if (error == 0 && !directory.empty()) {
    error = posix_spawn_file_actions_addchdir_np(&settings.actions, directory.c_str());
  }
  return error;
}

// As exec wants it: it writes to none of them.
std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

int Spawn(const std::vector<std::string>& command, const std::vector<std::string>& environment,
          const std::string& directory, int output, pid_t* pid) {
  Settings settings;
  if (const int error = Fill(settings, directory, output); error != 0) return error;
  return ::posix_spawnp(pid, command.front().c_str(), &settings.actions, &settings.attributes, Pointers(command).data(),
                        Pointers(environment).data());
}

int OpenPidFd(pid_t pid) {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

int WaitPidFd(int fd, siginfo_t* info, int options) {
  return ::waitid(P_PIDFD, static_cast<id_t>(fd), info, options);
}

}  // namespace kadende::providers
