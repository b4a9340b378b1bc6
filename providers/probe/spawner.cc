#include "providers/probe/spawner.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "providers/spawn/spawn.h"

namespace kadende::providers::probe {
namespace {

Spawned Start(ToSpawn what) {
  Spawned spawned;
  spawned.error = Spawn(what.command, what.environment, what.directory, what.output.fd(), &spawned.pid);
  return spawned;
}

void End(const Spawned& spawned) {
  if (spawned.error != 0) return;
  ::kill(-spawned.pid, SIGKILL);
  ::waitpid(spawned.pid, nullptr, 0);
}

}  // namespace

Output::~Output() {
  if (fd_ >= 0) ::close(fd_);
}

BlockingKind<ToSpawn, Spawned> Spawning(std::function<void(pid_t)> late) {
  const auto unwanted = [late = std::move(late)](const Spawned& spawned) {
    if (spawned.error == 0) late(spawned.pid);
  };
  return {Start, {0, EAGAIN}, unwanted, End};
}

}  // namespace kadende::providers::probe
