// Starts programs without holding up the loop: to load one from a file system that hangs may take for ever.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "providers/probe/blocking_calls.h"

namespace kadende::providers::probe {

// What a program writes to. Closed with its owner, for the program has its own.
class Output {
 public:
  explicit Output(int fd) : fd_(fd) {}
  Output(Output&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Output& operator=(Output&&) = delete;
  ~Output();

  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

struct ToSpawn {
  std::vector<std::string> command;
  std::vector<std::string> environment;
  std::string directory;
  Output output;
};

struct Spawned {
  pid_t pid = 0;
  int error = 0;  // an errno; 0: it runs
};

using Spawner = BlockingCalls<ToSpawn, Spawned>;

// `late`: runs in the loop, for a program that began although it was cancelled. One that begins after the spawner was
// closed is killed at once.
[[nodiscard]] BlockingKind<ToSpawn, Spawned> Spawning(std::function<void(pid_t pid)> late);

}  // namespace kadende::providers::probe
