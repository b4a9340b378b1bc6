// The programs of exec looks: each in a session of its own, ended as a whole.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/ports/health_probe.h"
#include "providers/probe/look.h"
#include "providers/probe/loop.h"
#include "providers/probe/spawner.h"

namespace kadende::providers::probe {

class Programs {
 public:
  // Copies the environment. Where more than `most_unreaped` programs that were killed do not end, no new one is
  // started.
  Programs(Loop& loop, std::size_t most_unreaped);
  // Waits, at most two seconds, for those that were killed.
  ~Programs();
  Programs(const Programs&) = delete;
  Programs& operator=(const Programs&) = delete;

  // Must outlive the look.
  [[nodiscard]] std::unique_ptr<Look> NewLook(ports::ProbeRequest request, Look::Finish finish);

 private:
  class ExecLook;
  using Variables = std::vector<std::pair<std::string, std::string>>;

  [[nodiscard]] std::vector<std::string> Environment(const Variables& added) const;
  // Kills the program's whole group, and collects it when it has ended.
  void End(pid_t pid);
  void Collect();

  Loop& loop_;
  const std::size_t most_unreaped_;
  const std::vector<std::string> inherited_;  // "NAME=value"
  std::vector<pid_t> killed_;                 // not collected yet: their pids cannot be anybody else's
  Loop::TimerId timer_ = Loop::kNoTimer;
  Spawner spawner_;
};

}  // namespace kadende::providers::probe
