// Stories of rollouts that a watch goes on with, against the files of tests/golden/stories.
#include <catch2/catch.hpp>

#include "tests/engine/reconcile/watch_sim.h"
#include "tests/support/golden.h"

namespace kadende::test {
namespace {

void CheckStory(const std::string& name, WatchSim& sim) {
  CheckGolden(std::string(GOLDEN_DIR) + "/" + name + ".txt", sim.Told());
}

bool IsRolledOut(WatchSim& sim) {
  const model::GroupRecord record = sim.Group().record;
  return !record.rollout && record.current == record.target && sim.AllHealthy();
}

}  // namespace

TEST_CASE("story: an apply is killed, and the watch goes on with its rollout") {
  WatchSim sim(4);
  sim.Start();
  sim.BeginRollout("b");
  sim.Run(15min);
  CHECK(IsRolledOut(sim));
  CheckStory("rollout", sim);
}

TEST_CASE("story: the controller restarts in the middle of a rollout") {
  WatchSim sim(4);
  sim.Start();
  sim.BeginRollout("b");
  sim.Run(3min);
  sim.Restart();
  sim.Run(15min);
  CHECK(IsRolledOut(sim));
  CheckStory("rollout_restart", sim);
}

TEST_CASE("story: nobody watches for so long that a person is asked before a rollout goes on") {
  WatchSim sim(4);
  sim.Start();
  sim.BeginRollout("b");
  sim.Run(3min);
  sim.Stop();
  sim.bed.clock.Advance(40min);
  sim.Restart();
  sim.Run(10min);
  CHECK_FALSE(IsRolledOut(sim));
  CheckStory("rollout_cut_off", sim);
}

TEST_CASE("story: a canary waits for a person, then a checkpoint for its time") {
  WatchSim sim(4);
  sim.policy().rollout.canary = model::CountOrPercent{1, false};
  sim.policy().rollout.checkpoints = {{50, true}};
  sim.policy().rollout.checkpoint_wait = 10min;
  sim.Start();
  sim.BeginRollout("b");
  sim.Run(20min);
  sim.Promote();
  sim.Run(30min);
  CHECK(IsRolledOut(sim));
  CheckStory("rollout_stops", sim);
}

TEST_CASE("story: the new image never becomes healthy: the rollout stops at its first node") {
  WatchSim sim(4);
  sim.Start();
  sim.boot = 24h;
  sim.BeginRollout("b");
  sim.Run(40min);
  CHECK_FALSE(IsRolledOut(sim));
  CheckStory("rollout_fails", sim);
}

TEST_CASE("story: an old node dies in the middle of a rollout") {
  WatchSim sim(4);
  sim.Start();
  sim.BeginRollout("b");
  sim.Run(90s);
  sim.Vanish(3);
  sim.Run(15min);
  CHECK(IsRolledOut(sim));
  CheckStory("rollout_old_dies", sim);
}

TEST_CASE("story: the looks fail during a rollout: what is unknown holds it up and does not end it") {
  WatchSim sim(3);
  sim.Start();
  sim.BeginRollout("b");
  sim.Run(50s);
  sim.probes_work = false;
  sim.Run(5min);
  sim.probes_work = true;
  sim.Run(15min);
  CHECK(IsRolledOut(sim));
  CheckStory("rollout_unknown", sim);
}

}  // namespace kadende::test
