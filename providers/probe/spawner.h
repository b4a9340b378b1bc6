// Starts programs without holding up the loop: to load one from a file system that hangs may take for ever.
//
// The threads that start them begin when they are first needed. One that hangs cannot be interrupted; where all do,
// what asks waits, until its look gives up.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "providers/probe/loop.h"

namespace kadende::providers::probe {

struct ToSpawn {
  std::vector<std::string> command;
  std::vector<std::string> environment;
  std::string directory;
  int output = -1;  // the spawner closes it
};

class Spawner {
 public:
  // `error` is an errno, 0: it runs.
  using Done = std::function<void(pid_t pid, int error)>;

  // `late`: runs in the loop, for a program that began although it was cancelled.
  Spawner(Loop& loop, std::function<void(pid_t pid)> late);
  ~Spawner() { Close(); }
  Spawner(const Spawner&) = delete;
  Spawner& operator=(const Spawner&) = delete;

  // `done` is called from the loop, never from within Start.
  std::uint64_t Start(ToSpawn what, Done done);
  void Cancel(std::uint64_t start);  // of one that is done: nothing
  // Nothing is answered any more. Gives back the programs that began and were not answered; what begins after this is
  // killed at once.
  std::vector<pid_t> Close();

 private:
  struct Shared;
  void StartThread(std::uint64_t for_start);  // with the lock held

  // Shared with the threads, which may have to outlive the spawner.
  const std::shared_ptr<Shared> shared_;
  std::uint64_t next_ = 0;
};

}  // namespace kadende::providers::probe
