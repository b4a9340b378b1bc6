// Stories of people's orders in a watch: holds that lapse, of a group, of a machine that is gone; taint and untaint.
#include <catch2/catch.hpp>

#include "tests/engine/reconcile/watch_sim.h"
#include "tests/support/golden.h"

namespace kadende::test {
namespace {

void CheckStory(const std::string& name, WatchSim& sim) {
  CheckGolden(std::string(GOLDEN_DIR) + "/" + name + ".txt", sim.Told());
}

}  // namespace

TEST_CASE("story: a hold lapses by itself, and the node that it covered is replaced") {
  WatchSim sim(4);
  sim.Start();
  sim.Hold(1, "disk swap", 20min);
  sim.Break(1);
  sim.Run(10min);
  sim.Restart();
  sim.Run(15min);
  CHECK(sim.AllHealthy());
  CHECK(sim.Group().record.holds.empty());
  CheckStory("hold_lapses", sim);
}

TEST_CASE("story: a hold lapses while the controller is away") {
  WatchSim sim(4);
  sim.Start();
  sim.Hold(1, "disk swap", 5min);
  sim.Break(1);
  sim.Run(2min);
  sim.Stop();
  sim.Run(1h);
  sim.Restart();
  sim.Run(15min);
  CHECK(sim.AllHealthy());
  CheckStory("hold_lapses_unwatched", sim);
}

TEST_CASE("story: a whole group is held: nothing is made and nothing is destroyed") {
  WatchSim sim(4);
  sim.Start();
  sim.HoldGroup("network change");
  sim.Break(0);
  sim.Vanish(2);
  sim.Run(20min);
  CHECK(sim.Group().Live(2) != nullptr);
  sim.Restart();
  sim.Run(15min);
  sim.Unhold();
  sim.Run(15min);
  CHECK(sim.AllHealthy());
  CheckStory("hold_group", sim);
}

TEST_CASE("story: the machine of a held node vanishes, and comes back when the hold ends") {
  WatchSim sim(4);
  sim.Start();
  sim.Hold(3, "restored by hand");
  sim.Vanish(3);
  sim.Run(10min);
  sim.Break(1);
  sim.Run(10min);
  sim.Unhold();
  sim.Run(5min);
  CHECK(sim.AllHealthy());
  CheckStory("hold_vanished", sim);
}

TEST_CASE("story: a tainted node is left for the next apply, and one that is untainted stays") {
  WatchSim sim(4);
  sim.Start();
  const std::string second = sim.IdOf(2);
  sim.Taint(1);
  sim.Taint(2);
  sim.Run(10min);
  sim.Restart();
  sim.Run(10min);
  sim.Taint(2, false);
  sim.Run(10min);
  sim.Say("ann applies");
  sim.Apply();
  sim.Run(2min);
  CHECK(sim.AllHealthy());
  CHECK(sim.IdOf(2) == second);
  CheckStory("taint", sim);
}

TEST_CASE("story: a tainted node fails, and is replaced for that") {
  WatchSim sim(4);
  sim.Start();
  sim.Taint(1);
  sim.Break(1);
  sim.Run(10min);
  CHECK(sim.AllHealthy());
  CheckStory("taint_fails", sim);
}

}  // namespace kadende::test
