// Machines that share one cluster through a remote in memory, and one cloud. What one of them does beyond its own disk
// is a step, at which a test may cut it off from the others, kill it, or let somebody else act.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "engine/apply/pull.h"
#include "engine/apply/run.h"
#include "tests/engine/apply/test_bed.h"
#include "tests/support/memory_care.h"
#include "tests/support/memory_lines.h"
#include "tests/support/memory_remote.h"

namespace kadende::test {

struct Killed : std::runtime_error {
  Killed() : std::runtime_error("killed") {}
};

class Clone;

// Steps: "store", "publish", "branch" on its own disk; "fetch", "list", "claim", "renew", "push", "release" towards the
// remote; "look", "create", "update", "destroy" towards the cloud; "pause" before it looks again, which takes its time
// if it is let through.
using OnStep = std::function<Wire(Clone& clone, std::string_view step)>;

class Team {
 public:
  Team();
  [[nodiscard]] Clone& Add(const std::string& name);

  // "web[0]#1 web[1]#1": what the cloud has.
  [[nodiscard]] std::string World() const;
  // Of the remote's branch; 0: there is none.
  [[nodiscard]] std::uint64_t Serial() const;
  [[nodiscard]] std::size_t RunRefs() const;
  // Time passes; machines that are neither dead nor suspended renew what they hold.
  void Pass(base::Millis time);

  MemoryRepository server;
  FakeClock clock;
  FakeProvider fake{"fake"};
  OnStep on_step;  // may be empty; may throw Killed
  std::list<Clone> clones;
};

// One state directory, and the process that uses it.
class Clone {
 public:
  Clone(Team& team, std::string name);
  Clone(const Clone&) = delete;
  Clone& operator=(const Clone&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] model::Lineage Lineage();
  [[nodiscard]] model::ClusterState State();
  [[nodiscard]] apply::RunPorts Ports();
  [[nodiscard]] apply::RunRequest Request(const model::ClusterSpec& spec);
  // kCancelled: it was killed.
  [[nodiscard]] base::Result<apply::RunResult> Run(const apply::RunRequest& request);
  [[nodiscard]] base::Result<apply::RunResult> Apply(const model::ClusterSpec& spec) { return Run(Request(spec)); }
  // A pass of watch.
  [[nodiscard]] base::Result<apply::RunResult> Heal();
  [[nodiscard]] base::Result<apply::PullResult> Pull(bool take_remote = false);

  // From the next step on, it does nothing more.
  void Kill() { dead_ = true; }
  // The next process over the same state directory.
  void Revive();
  void Suspend(bool suspended) { suspended_ = suspended; }
  [[nodiscard]] bool dead() const { return dead_; }
  [[nodiscard]] bool suspended() const { return suspended_; }
  Wire Step(std::string_view step);

  bool unclaimed_when_lost = false;
  tests::MemoryStore store;
  MemoryRepository repository;
  MemoryHistory history{repository};
  MemoryLines lines{repository};
  MemoryRemote remote;
  tests::MemoryLeadership leadership;
  RecordingObserver observer;

 private:
  class Cloud;
  class Clouds;

  Team& team_;
  const std::string name_;
  std::unique_ptr<ports::ProviderSource> clouds_;
  std::atomic<bool> dead_ = false;
  std::atomic<bool> suspended_ = false;
};

}  // namespace kadende::test
