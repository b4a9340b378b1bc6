// Stories of a watch, against the files of tests/golden/stories.
#include <catch2/catch.hpp>

#include "tests/engine/reconcile/watch_sim.h"
#include "tests/support/golden.h"

namespace kadende::test {
namespace {

using model::InstanceStatus;

void CheckStory(const std::string& name, WatchSim& sim) {
  CheckGolden(std::string(GOLDEN_DIR) + "/" + name + ".txt", sim.Told());
}

}  // namespace

TEST_CASE("story: one of four dies") {
  WatchSim sim(4);
  sim.Start();
  sim.Break(1);
  sim.Run(10min);
  CHECK(sim.AllHealthy());
  CheckStory("one_dies", sim);
}

TEST_CASE("story: one dies, and the controller restarts while its countdown runs") {
  WatchSim sim(4);
  sim.Start();
  sim.Break(1);
  sim.Run(4min);
  sim.Restart();
  sim.Run(15min);
  CHECK(sim.AllHealthy());
  CheckStory("one_dies_restart", sim);
}

TEST_CASE("story: all die at once") {
  WatchSim sim(4);
  sim.Start();
  for (std::uint32_t ordinal = 0; ordinal < 4; ++ordinal) sim.Break(ordinal);
  sim.Run(10min);
  sim.Restart();
  sim.Run(15min);
  for (std::uint32_t ordinal = 0; ordinal < 4; ++ordinal) sim.Mend(ordinal);
  sim.Run(2min);
  CheckStory("all_die", sim);
}

TEST_CASE("story: half of them are unhealthy: braked, and one recovers") {
  WatchSim sim(4);
  sim.Start();
  sim.Break(0);
  sim.Break(2);
  sim.Run(10min);
  sim.Mend(0);
  sim.Run(5min);
  CheckStory("half_unhealthy", sim);
}

TEST_CASE("story: flapping within unhealthyFor replaces nothing, and goes into quarantine") {
  WatchSim sim(4);
  sim.Start();
  for (int i = 0; i < 4; ++i) {
    sim.Break(3);
    sim.Run(4min);
    sim.Mend(3);
    sim.Run(1min);
    if (i == 1) sim.Restart();
  }
  CheckStory("flapping", sim);
}

TEST_CASE("story: the probing host is cut off") {
  WatchSim sim(4);
  sim.Start();
  sim.probes_work = false;
  sim.Say("no look can be made");
  sim.Run(30min);
  sim.Restart();
  sim.Run(30min);
  sim.probes_work = true;
  sim.Say("looks can be made");
  sim.Run(5min);
  CheckStory("probes_cut_off", sim);
}

TEST_CASE("story: the listing is empty") {
  WatchSim sim(4);
  sim.bed.fake.manifest.listing = model::Listing::kEventual;
  sim.Start();
  const std::vector<model::Instance> all = sim.bed.fake.Instances();
  for (const model::Instance& instance : all) sim.bed.fake.Hide(instance.id, true);
  sim.Say("listings are empty");
  sim.Run(10min);
  sim.Restart();
  sim.Run(15min);
  for (const model::Instance& instance : all) sim.bed.fake.Hide(instance.id, false);
  sim.Say("listings are whole");
  sim.Run(5min);
  CheckStory("listing_empty", sim);
}

TEST_CASE("story: the listing shrinks, and nobody can say whether what it lacks is gone") {
  WatchSim sim(5);
  sim.bed.fake.manifest.listing = model::Listing::kEventual;
  sim.Start();
  for (std::uint32_t ordinal = 0; ordinal < 3; ++ordinal) sim.Vanish(ordinal);
  sim.Run(10min);
  sim.Restart();
  sim.Run(15min);
  CheckStory("listing_shrinks", sim);
}

TEST_CASE("story: one is missing from a listing that is believed") {
  WatchSim sim(5);
  sim.bed.fake.manifest.listing = model::Listing::kEventual;
  sim.Start();
  sim.Vanish(2);
  sim.Run(5min);
  CHECK(sim.AllHealthy());
  CheckStory("listing_lacks_one", sim);
}

TEST_CASE("story: the listing is of another account") {
  WatchSim sim(4);
  sim.Start();
  sim.Break(1);
  sim.bed.fake.SetScope("another account");
  sim.Say("listings are of another account");
  sim.Run(10min);
  sim.Restart();
  sim.Run(15min);
  sim.bed.fake.SetScope("");
  sim.Say("listings are of the right account");
  sim.Run(5min);
  CheckStory("wrong_scope", sim);
}

TEST_CASE("story: the wall clock jumps forward while a countdown runs") {
  WatchSim sim(4);
  sim.Start();
  sim.Break(1);
  sim.Run(2min);
  sim.bed.clock.Jump(5h);
  sim.Say("the wall clock jumps 5 hours forward");
  sim.Run(2min);
  sim.Mend(1);
  sim.Run(2min);
  CheckStory("clock_forward", sim);
}

TEST_CASE("story: the wall clock jumps forward, and the controller restarts on it") {
  WatchSim sim(4);
  sim.Start();
  sim.Break(1);
  sim.Run(2min);
  sim.bed.clock.Jump(5h);
  sim.Say("the wall clock jumps 5 hours forward");
  sim.Restart();
  sim.Run(12min);
  CHECK(sim.AllHealthy());
  CheckStory("clock_forward_restart", sim);
}

TEST_CASE("story: the wall clock jumps back, while a young node boots") {
  WatchSim sim(4);
  sim.Start();
  sim.boot = 3min;
  sim.bed.clock.Jump(-5h);
  sim.Say("the wall clock jumps 5 hours back");
  sim.Vanish(1);
  sim.Run(2min);
  sim.Restart();
  sim.Run(5min);
  CHECK(sim.AllHealthy());
  CheckStory("clock_backward", sim);
}

TEST_CASE("story: a slow starter within its initial delay") {
  WatchSim sim(4);
  sim.policy().checks[0].initial_delay = 5min;
  sim.Start();
  sim.boot = 4min;
  sim.Vanish(1);
  sim.Run(2min);
  sim.Restart();
  sim.Run(5min);
  CHECK(sim.AllHealthy());
  CheckStory("slow_starter", sim);
}

TEST_CASE("story: what is created never becomes healthy: join timeout, backoff, and health at last") {
  WatchSim sim(4);
  sim.policy().checks[0].initial_delay = 20min;
  sim.Start();
  sim.boot = 1000h;
  sim.Say("from now on no new node ever boots");
  sim.Vanish(1);
  sim.Run(50min);
  sim.boot = 20s;
  sim.Say("new nodes boot again");
  sim.Run(20min);
  CHECK(sim.AllHealthy());
  CHECK(sim.Group().record.backoff.failures == 0);
  CheckStory("never_joins", sim);
}

TEST_CASE("story: the controller restarts every two minutes, and what never joins is replaced all the same") {
  WatchSim sim(4);
  sim.policy().checks[0].initial_delay = 20min;
  sim.Start();
  sim.boot = 1000h;
  sim.Say("from now on no new node ever boots");
  sim.Vanish(1);
  sim.telling = false;
  for (int i = 0; i < 16; ++i) {
    sim.Run(2min);
    if (i == 6) sim.telling = true;
    sim.Restart();
  }
  sim.boot = 20s;
  sim.Say("new nodes boot again");
  sim.Run(20min);
  CHECK(sim.AllHealthy());
  CheckStory("never_joins_restarts", sim);
}

TEST_CASE("story: healthy for two minutes, and dead, again and again: made ever more seldom, until it stays") {
  WatchSim sim(4);
  sim.Start();
  for (int i = 0; i < 6; ++i) {
    sim.Vanish(1);
    for (int waited = 0; waited < 40 && !sim.AllHealthy(); ++waited) sim.Run(10s);
    sim.Run(2min);
  }
  sim.Say("from now on it stays");
  sim.Run(10min);
  CHECK(sim.AllHealthy());
  CHECK(sim.Group().record.backoff.failures == 0);
  CheckStory("dies_young", sim);
}

TEST_CASE("story: a replacement does not become healthy, and the slot is tried again") {
  WatchSim sim(4);
  sim.policy().checks[0].initial_delay = 20min;
  sim.Start();
  sim.boot = 1000h;
  sim.Say("from now on no new node ever boots");
  sim.Break(1);
  sim.Run(22min);
  sim.boot = 20s;
  sim.Say("new nodes boot again");
  sim.Run(10min);
  CHECK(sim.AllHealthy());
  CheckStory("replacement_never_joins", sim);
}

TEST_CASE("story: a replaced node fails again") {
  WatchSim sim(4);
  sim.Start();
  sim.Break(1);
  sim.Run(8min);
  sim.Break(1);
  sim.Run(1h);  // a group of four gives up one live node an hour
  CHECK(sim.AllHealthy());
  CheckStory("fails_again", sim);
}

TEST_CASE("story: the controller restarts while an old instance waits for its successor") {
  WatchSim sim(4);
  sim.Start();
  sim.boot = 2min;
  sim.Break(1);
  sim.Run(6min);
  sim.Restart();
  sim.Run(5min);
  CHECK(sim.AllHealthy());
  CheckStory("restart_while_replacing", sim);
}

TEST_CASE("story: a release lifts the brake once") {
  WatchSim sim(4);
  sim.Start();
  sim.Break(0);
  sim.Break(2);
  sim.Run(7min);
  sim.Release();
  sim.Run(5min);
  CHECK(sim.AllHealthy());
  sim.Break(1);
  sim.Break(3);
  sim.Run(10min);
  CheckStory("release", sim);
}

TEST_CASE("story: the policy changes meanwhile") {
  WatchSim sim(4);
  sim.Start();
  sim.Break(1);
  sim.Run(2min);
  sim.policy().checks[0].unhealthy_for = 2min;
  sim.Apply();
  sim.Say("unhealthyFor is 2m now");
  sim.Run(5min);
  sim.Break(2);
  sim.Run(1min);
  sim.policy().checks.clear();
  sim.Apply();
  sim.Say("the check is taken away");
  sim.Run(10min);
  CheckStory("policy_changes", sim);
}

TEST_CASE("story: unhealthy, and healthy again within unhealthyFor") {
  WatchSim sim(4);
  sim.Start();
  sim.Break(1);
  sim.Run(4min);
  sim.Mend(1);
  sim.Run(10min);
  CheckStory("recovers", sim);
}

TEST_CASE("story: two unhealthy, one at a time") {
  WatchSim sim(8);
  sim.Start();
  sim.Break(2);
  sim.Run(30s);
  sim.Break(5);
  sim.Run(20min);
  CHECK(sim.AllHealthy());
  CheckStory("two_unhealthy", sim);
}

TEST_CASE("story: a third one within the hour waits for the blast cap, over a restart of the controller") {
  WatchSim sim(8);
  sim.policy().remediation.rate.count = {100, true};
  sim.Start();
  for (const std::uint32_t ordinal : {1U, 4U, 6U}) {
    sim.Break(ordinal);
    sim.Run(7min);
  }
  sim.Restart();
  sim.Run(1h);
  CHECK(sim.AllHealthy());
  CheckStory("blast_cap", sim);
}

TEST_CASE("story: while two are being replaced and too few are healthy, the third waits") {
  WatchSim sim(10);
  sim.policy().remediation.rate.count = {100, true};
  sim.policy().remediation.blast_cap = {100, true};
  sim.policy().remediation.max_in_flight = {100, true};
  sim.policy().rollout.max_surge = {100, true};
  sim.Start();
  for (const std::uint32_t ordinal : {1U, 4U, 6U}) sim.Break(ordinal);
  sim.Run(10min);
  CHECK(sim.AllHealthy());
  CheckStory("min_capacity", sim);
}

TEST_CASE("story: only two or three that fail at once are acted upon") {
  WatchSim sim(8);
  sim.policy().remediation.unhealthy_range = {{2, false}, {3, false}};
  sim.policy().remediation.rate.count = {100, true};
  sim.Start();
  sim.Break(1);
  sim.Run(10min);
  sim.Break(2);
  sim.Run(10min);
  CHECK(sim.AllHealthy() == false);  // the one that is left is alone again
  for (const std::uint32_t ordinal : {3U, 4U, 5U, 6U}) sim.Break(ordinal);
  sim.Run(10min);
  CheckStory("unhealthy_range", sim);
}

TEST_CASE("story: replacements that do not last: after three the slot is left to a person") {
  WatchSim sim(4);
  sim.policy().checks[0].unhealthy_for = 0s;
  sim.policy().remediation.retry = {3, 2min, 1h};
  sim.policy().remediation.rate.count = {100, true};
  sim.policy().remediation.blast_cap = {100, true};
  sim.Start();
  for (int i = 0; i < 4; ++i) {
    sim.Break(1);
    for (int waited = 0; waited < 60 && !sim.AllHealthy(); ++waited) sim.Run(10s);
    sim.Run(2min);
  }
  CHECK_FALSE(sim.AllHealthy());
  sim.Restart();
  sim.Run(30min);
  CHECK_FALSE(sim.AllHealthy());
  sim.Release();
  sim.Run(5min);
  CHECK(sim.AllHealthy());
  CheckStory("quarantine", sim);
}

TEST_CASE("story: creates fail for a day: suspended, what is gone comes back, and a person resumes it") {
  WatchSim sim(4);
  sim.Start();
  sim.bed.fake.on_call = [](const FakeCall& call) {
    return call.kind == CallKind::kCreate ? FakeAnswer::Fail(base::ErrorCode::kQuota, "quota") : FakeAnswer::Go();
  };
  sim.Say("creates fail");
  sim.Vanish(1);
  sim.telling = false;
  sim.Run(23h + 50min);
  sim.telling = true;
  sim.Run(20min);
  sim.bed.fake.on_call = nullptr;
  sim.Say("creates work");
  sim.Break(2);
  sim.Run(20min);
  sim.Release();
  sim.Run(5min);
  CHECK(sim.AllHealthy());
  CheckStory("suspended", sim);
}

TEST_CASE("story: a quorum of five: no member is given up while three are away") {
  WatchSim sim(5);
  sim.policy().quorum = true;
  sim.policy().remediation.max_unhealthy = {100, true};
  sim.policy().remediation.rate.count = {100, true};
  sim.policy().remediation.blast_cap = {100, true};
  sim.Start();
  for (const std::uint32_t ordinal : {0U, 2U, 3U}) sim.Break(ordinal);
  sim.Run(10min);
  sim.Restart();
  sim.Run(15min);
  sim.Mend(3);
  sim.Run(10min);
  CHECK(sim.AllHealthy());
  CheckStory("quorum", sim);
}

TEST_CASE("story: destroy-first, the old one goes before") {
  WatchSim sim(4);
  sim.policy().rollout.order = model::ReplaceOrder::kDestroyFirst;
  sim.Start();
  sim.Break(1);
  sim.Run(8min);
  CHECK(sim.AllHealthy());
  CheckStory("destroy_first", sim);
}

TEST_CASE("story: the provider says unhealthy") {
  WatchSim sim(4);
  sim.Start();
  sim.Provider(1, InstanceStatus::kUnhealthy, "impaired");
  sim.Run(8min);
  CHECK(sim.AllHealthy());
  CheckStory("provider_unhealthy", sim);
}

TEST_CASE("story: the provider says stopped, in a group without checks") {
  WatchSim sim(4);
  sim.policy().checks.clear();
  sim.boot = 0s;
  sim.Start();
  sim.Provider(1, InstanceStatus::kStopped);
  sim.Run(2min);
  sim.Restart();
  sim.Run(12min);
  CHECK(sim.AllHealthy());
  CheckStory("provider_stopped", sim);
}

TEST_CASE("story: some end under a brake, and are brought back") {
  WatchSim sim(4);
  sim.Start();
  for (std::uint32_t ordinal = 0; ordinal < 3; ++ordinal) sim.Break(ordinal);
  sim.Run(2min);
  sim.Provider(0, InstanceStatus::kTerminated);
  sim.Provider(1, InstanceStatus::kTerminated);
  sim.Run(2min);
  sim.Restart();
  sim.Run(12min);
  CHECK(sim.AllHealthy());
  CheckStory("terminated_while_braked", sim);
}

TEST_CASE("story: one ends right after a start: positive evidence needs no grace") {
  WatchSim sim(4);
  sim.Start();
  sim.Restart();
  sim.Provider(2, InstanceStatus::kTerminated);
  sim.Run(2min);
  CHECK(sim.AllHealthy());
  CheckStory("terminated_after_start", sim);
}

TEST_CASE("story: a person holds a node") {
  WatchSim sim(4);
  sim.Start();
  sim.Hold(1, "disk swap");
  sim.Break(1);
  sim.Run(10min);
  sim.Restart();
  sim.Run(15min);
  sim.Unhold();
  sim.Run(2min);
  CHECK(sim.AllHealthy());
  CheckStory("hold", sim);
}

TEST_CASE("story: unknown for long, and the provider says that all is well") {
  WatchSim sim(4);
  sim.Start();
  sim.probes_work = false;
  sim.Say("no look can be made");
  sim.Run(1h);
  CheckStory("unknown_without_denial", sim);
}

TEST_CASE("story: unknown for long, and then the provider denies one") {
  WatchSim sim(4);
  sim.Start();
  sim.probes_work = false;
  sim.Say("no look can be made");
  sim.Run(12min);
  sim.Provider(1, InstanceStatus::kStopped);
  sim.Run(2min);
  sim.probes_work = true;
  sim.Say("looks can be made");
  sim.Run(2min);
  CHECK(sim.AllHealthy());
  CheckStory("unknown_with_denial", sim);
}

TEST_CASE("story: creates fail while one is gone") {
  WatchSim sim(4);
  sim.Start();
  sim.bed.fake.on_call = [](const FakeCall& call) {
    return call.kind == CallKind::kCreate ? FakeAnswer::Fail(base::ErrorCode::kQuota, "quota") : FakeAnswer::Go();
  };
  sim.Say("creates fail");
  sim.Vanish(1);
  sim.Run(1min);
  sim.Restart();
  sim.bed.fake.on_call = nullptr;
  sim.Say("creates work");
  sim.Run(2min);
  CHECK(sim.AllHealthy());
  CHECK(sim.Group().record.backoff.failures == 4);  // until it has shown that it lasts
  sim.Run(5min);
  CHECK(sim.Group().record.backoff.failures == 0);
  CheckStory("creates_fail", sim);
}

}  // namespace kadende::test
