// When one node fails, and from when on that is acted upon: thresholds of time, graces, unknown, joining, the provider.
#include <catch2/catch.hpp>

#include "tests/engine/reconcile/ward.h"

using namespace kadende;
using namespace std::chrono_literals;
using model::HealthState;
using model::InstanceStatus;
using test::Ward;

TEST_CASE("unhealthy nodes are replaced after unhealthyFor, not before") {
  Ward ward(3);
  ward.Fail(1, 5min - 1s);
  CHECK(ward.Replaces().empty());
  CHECK(ward.Why(1) == "acted upon after 5m");
  CHECK(ward.Until(1) == ward.now + 1s);
  CHECK(ward.Decide().wake_at == ward.now + 1s);
  ward.Pass(1s);
  CHECK(ward.Replaces() == "1");
  CHECK(ward.Decide().judgement.replace.at(1) ==
        "unhealthy since 2027-01-15T07:55:01Z (5m) by check `ready`: status 500");
}

TEST_CASE("unhealthyFor of zero acts at once, after the start's grace") {
  Ward ward(3);
  ward.Policy().checks[0].unhealthy_for = 0s;
  ward.Fail(1, 0s);
  CHECK(ward.Replaces() == "1");
  ward.watching_since = ward.now - 59s;
  CHECK(ward.Replaces().empty());
  CHECK(ward.Until(1) == ward.now + 1s);
}

TEST_CASE("a node that recovers within unhealthyFor starts anew") {
  Ward ward(3);
  ward.Fail(1, 4min);
  ward.Is(1, HealthState::kHealthy, 0s);
  CHECK(ward.Replaces().empty());
  ward.Pass(10s);
  ward.Fail(1, 0s);
  ward.Pass(4min);
  CHECK(ward.Replaces().empty());
}

TEST_CASE("after a start no live node is destroyed before twice unhealthyFor of looking") {
  Ward ward(3);
  ward.Fail(1, 1h);  // says what was stored
  ward.watching_since = ward.now;
  CHECK(ward.Replaces().empty());
  CHECK(ward.Until(1) == ward.now + 10min);
  CHECK(ward.Why(1) ==
        "this process looks at it since 2027-01-15T08:00:00Z only: after a start every node has a full grace");
  ward.Pass(10min - 1s);
  CHECK(ward.Replaces().empty());
  ward.Pass(1s);
  CHECK(ward.Replaces() == "1");
}

TEST_CASE("what another process saw is unknown until this one has looked") {
  Ward ward(3);
  ward.Fail(1, 1h);
  ward.watching_since = ward.now - 1h;
  ward.Node(1).last_at = ward.now - 2h;
  CHECK(ward.Replaces().empty());
  CHECK(ward.Decide().health[1].state == HealthState::kUnknown);
  CHECK(ward.Decide().health[1].evidence == "not looked at yet");
}

TEST_CASE("a look that is too old proves nothing any more") {
  Ward ward(3);
  ward.Fail(1, 1h);
  ward.Node(1).last_at = ward.now - 2min;
  CHECK(ward.Replaces().empty());
  CHECK(ward.Decide().health[1].state == HealthState::kUnknown);
}

TEST_CASE("a check that is no longer asked for proves nothing") {
  Ward ward(3);
  ward.Fail(1, 1h);
  ward.Policy().checks[0].name = "other";
  CHECK(ward.Replaces().empty());
}

TEST_CASE("unknown is never acted upon by itself, however long") {
  Ward ward(3);
  ward.Unknown(1, 24h);
  CHECK(ward.Replaces().empty());
  ward.Sight(1).status = InstanceStatus::kUnknown;
  CHECK(ward.Replaces().empty());
  ward.Sight(1).sight = plan::Sight::kUnknown;
  CHECK(ward.Replaces().empty());
}

TEST_CASE("unknown for longer than unknownFor is acted upon once the provider denies the node, too") {
  for (const InstanceStatus status : {InstanceStatus::kStopped, InstanceStatus::kUnhealthy}) {
    Ward ward(3);
    ward.Unknown(1, 10min);
    ward.Sight(1).status = status;
    CHECK(ward.Replaces() == "1");
    ward.Unknown(1, 10min - 1s);
    CHECK(ward.Replaces().empty());
    CHECK(ward.Until(1) == ward.now + 1s);
  }
}

TEST_CASE("the provider's word is a check of its own, acted upon after 5 minutes") {
  for (const InstanceStatus status :
       {InstanceStatus::kUnhealthy, InstanceStatus::kStopped, InstanceStatus::kTerminating}) {
    Ward ward(3);
    ward.Sight(1).status = status;
    CHECK(ward.Replaces().empty());
    CHECK(ward.Until(1) == ward.now + 5min);
    ward.Settle();
    ward.Pass(5min - 1s);
    CHECK(ward.Replaces().empty());
    ward.Pass(1s);
    CHECK(ward.Replaces() == "1");
  }
}

TEST_CASE("the provider's word is heard in groups without written checks, and is all there is") {
  Ward ward(3);
  ward.Policy().checks.clear();
  ward.Sight(0).status = InstanceStatus::kStopped;
  ward.Sight(0).status_reason = "exit 1";
  ward.Sight(1).status = InstanceStatus::kPending;
  ward.Sight(2).status = InstanceStatus::kUnknown;
  ward.Settle();
  ward.Pass(5min);
  const auto decision = ward.Decide();
  CHECK(ward.Replaces() == "0");
  CHECK(decision.health[0].evidence == "stopped: exit 1");
  CHECK(decision.health[0].check == "provider");
  CHECK(decision.health[1].state == HealthState::kInitializing);
  CHECK(decision.health[2].state == HealthState::kUnknown);
}

TEST_CASE("a provider that says running again ends its countdown") {
  Ward ward(3);
  ward.Sight(1).status = InstanceStatus::kStopped;
  ward.Settle();
  ward.Pass(4min);
  ward.Sight(1).status = InstanceStatus::kRunning;
  ward.Settle();
  ward.Pass(2min);
  ward.Sight(1).status = InstanceStatus::kStopped;
  ward.Settle();
  ward.Pass(4min);
  CHECK(ward.Replaces().empty());
}

TEST_CASE("a provider that could not tell in between starts its countdown anew") {
  Ward ward(3);
  ward.Sight(1).status = InstanceStatus::kStopped;
  ward.Settle();
  ward.Pass(4min);
  ward.Sight(1).sight = plan::Sight::kUnknown;
  ward.Settle();
  ward.Sight(1).sight = plan::Sight::kPresent;
  ward.Settle();
  ward.Pass(4min);
  CHECK(ward.Replaces().empty());
  ward.Pass(1min);
  CHECK(ward.Replaces() == "1");
}

TEST_CASE("a provider that cannot tell leaves the word to written checks") {
  Ward ward(3);
  ward.Sight(1).status = InstanceStatus::kUnknown;
  ward.Sight(2).status = InstanceStatus::kUnknown;
  ward.Fail(2);
  CHECK(ward.Decide().health[1].state == HealthState::kHealthy);
  CHECK(ward.Replaces() == "2");
}

TEST_CASE("young nodes fail only once they should have joined") {
  Ward ward(3);
  ward.Is(1, HealthState::kInitializing, 15min - 1s);
  ward.Node(1).joined_at = {};
  ward.Node(1).memory.first_at = ward.now - 15min + 1s;
  CHECK(ward.Replaces().empty());
  CHECK(ward.Why(1).empty());
  CHECK(ward.Decide().wake_at == ward.now + 1s);
  ward.Pass(1s);
  const auto decision = ward.Decide();
  CHECK(decision.health[1].state == HealthState::kUnhealthy);
  CHECK(decision.health[1].evidence == "not healthy within 15m: cannot look");
}

TEST_CASE("a young node that passed its last look when it should have joined is waited for") {
  Ward ward(3);
  ward.Is(1, HealthState::kInitializing, 20min);
  ward.Node(1).joined_at = {};
  ward.Node(1).memory.first_at = ward.now - 16min;
  ward.Node(1).recovering = true;
  CHECK(ward.Replaces().empty());
  CHECK(ward.Why(1) == "it passed the last look and may be recovering");
  CHECK_FALSE(ward.Decide().backoff);
  ward.Node(1).recovering = false;  // the next one failed
  CHECK(ward.Decide().backoff);
}

TEST_CASE("never healthy by the join timeout is a failed create: backoff first, then the replacement") {
  Ward ward(3);
  ward.Is(1, HealthState::kInitializing, 15min);
  ward.Node(1).joined_at = {};
  ward.Node(1).memory.first_at = ward.now - 15min;
  auto decision = ward.Decide();
  CHECK(decision.judgement.replace.empty());
  REQUIRE(decision.backoff);
  CHECK(decision.backoff->failures == 1);
  CHECK(decision.backoff->next_at == ward.now + 5s);
  CHECK(decision.backoff->last_error == "web[1] was created and never healthy");
  CHECK(ward.Why(1) == "creates are held back after 1 failure: web[1] was created and never healthy");
  ward.Settle();
  CHECK_FALSE(ward.Decide().backoff);  // counted once
  ward.Pass(5s);
  CHECK(ward.Replaces() == "1");
}

TEST_CASE("a failed create after another doubles the backoff, and a node that joins and stays resets it") {
  Ward ward(3);
  ward.group.record.backoff = {3, ward.now - 1min, ward.group.record.target.revision, "before"};
  ward.Is(1, HealthState::kInitializing, 15min);
  ward.Node(1).joined_at = {};
  ward.Node(1).memory.first_at = ward.now - 15min;
  CHECK(ward.Decide().backoff->failures == 4);
  CHECK(ward.Decide().backoff->next_at == ward.now + 40s);
  ward.Is(1, HealthState::kHealthy, 0s);
  ward.Node(1).joined_at = ward.now;
  CHECK_FALSE(ward.Decide().backoff);
  ward.Pass(5min);
  REQUIRE(ward.Decide().backoff);
  CHECK(ward.Decide().backoff->failures == 0);
}

TEST_CASE("a node that fails all the time and never joined is not waited for longer than the join timeout") {
  Ward ward(3);
  ward.Policy().checks[0].unhealthy_for = 1h;
  ward.watching_since = ward.now - 5h;
  ward.Fail(1, 10min);
  ward.Node(1).joined_at = {};
  ward.Node(1).memory.first_at = ward.now - 15min;
  CHECK(ward.Decide().backoff);
}

TEST_CASE("a node that is unknown since its create is no failed create") {
  Ward ward(3);
  ward.Unknown(1, 1h);
  ward.Node(1).joined_at = {};
  CHECK(ward.Replaces().empty());
  CHECK_FALSE(ward.Decide().backoff);
}

TEST_CASE("after a start a node that never joined has what is left of the join timeout, and is counted once") {
  Ward ward(3);
  ward.watching_since = ward.now - 2min;
  ward.Is(1, HealthState::kInitializing, 2min);
  ward.Node(1).joined_at = {};
  ward.Node(1).memory = {};
  CHECK(ward.Decide().health[1].state == HealthState::kInitializing);
  CHECK(ward.Decide().health[1].joining_for == 0s);
  ward.Node(1).joining_for = 14min;
  CHECK(ward.Decide().health[1].state == HealthState::kInitializing);
  CHECK(ward.Decide().wake_at == ward.now + 1min);
  ward.Node(1).joining_for = 15min;
  CHECK(ward.Decide().health[1].state == HealthState::kUnhealthy);
  CHECK(ward.Replaces() == "1");
  CHECK_FALSE(ward.Decide().backoff);  // whoever counted so long has counted it
}

TEST_CASE("after a start the provider's word has been so since it was first heard, and the grace stands") {
  Ward ward(3);
  ward.watching_since = ward.now - 2min;
  ward.Sight(1).status = model::InstanceStatus::kStopped;
  ward.Node(1).memory = {};
  ward.Node(1).denied_for = 1h;
  const auto decision = ward.Decide();
  CHECK(decision.health[1].since == ward.now - 1h);
  CHECK(decision.health[1].denied_for == 1h);
  CHECK(decision.health[1].held_until == ward.watching_since + 10min);
}

TEST_CASE("clocks: what was created in the future or the past by another clock destroys nothing") {
  for (const base::Millis off : {base::Millis(-1000h), base::Millis(1000h)}) {
    Ward ward(3);
    ward.group.nodes.at({1, 1}).created_at = ward.now + off;
    ward.Is(1, HealthState::kInitializing, 1min);
    ward.Node(1).joined_at = {};
    ward.Node(1).memory.first_at = ward.now - 1min;
    CHECK(ward.Replaces().empty());
    CHECK_FALSE(ward.Decide().backoff);
  }
}

TEST_CASE("clocks: a jump forward between looks makes nodes unknown, not due") {
  Ward ward(3);
  ward.Fail(1, 10s);
  ward.now += 5h;
  CHECK(ward.Replaces().empty());
  CHECK(ward.Decide().health[1].state == HealthState::kUnknown);
}

TEST_CASE("clocks: a jump backward destroys nothing") {
  Ward ward(3);
  ward.Fail(1, 4min);
  ward.Sight(2).status = InstanceStatus::kStopped;
  ward.Settle();
  ward.now -= 5h;
  CHECK(ward.Replaces().empty());
  ward.Settle();
  ward.now += 1min;
  CHECK(ward.Replaces().empty());
}

TEST_CASE("an unhealthy node that passed its last look is not replaced, but still counts as failing") {
  Ward ward(4);
  ward.Fail(1);
  ward.Node(1).recovering = true;
  CHECK(ward.Replaces().empty());
  CHECK(ward.Why(1) == "it passed the last look and may be recovering");
  ward.Fail(2);
  CHECK(ward.Braked());
}
