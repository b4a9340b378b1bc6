#include "engine/reconcile/quarantine.h"

#include <catch2/catch.hpp>

#include "engine/reconcile/suspension.h"
#include "tests/engine/reconcile/ward.h"

namespace kadende::test {
namespace {

using model::HealthState;

// The failing node of slot 0 is given up, and its successor is healthy for `lived` before it fails.
void FailAgain(Ward& ward, base::Millis lived) {
  ward.Settle();
  const std::uint32_t next = ward.group.nodes.begin()->first.incarnation + 1;
  ward.group.nodes.erase({0, next - 1});
  ward.view.nodes.erase({0, next - 1});
  ward.health.erase({0, next - 1});
  ward.Add(0, next).created_at = ward.now;
  ward.Node(0, next).joined_at = ward.now;
  ward.Pass(lived);
  ward.Is(0, HealthState::kUnhealthy, 0s, next);
  ward.Pass(10min);
  ward.group.record.backoff = {};
}

// It fails and recovers, or the other way round, seen by a pass.
void Change(Ward& ward, std::uint32_t ordinal, HealthState state) {
  ward.Is(ordinal, state, 0s);
  ward.Settle();
  ward.Pass(1min);
}

}  // namespace

TEST_CASE("retry: after so many that did not last, a slot is left to a person") {
  Ward ward(4);
  ward.Policy().remediation.retry = {2, 0s, 1h};
  ward.Fail(0);
  FailAgain(ward, 20min);
  CHECK(ward.Replaces() == "0");
  FailAgain(ward, 20min);
  CHECK(ward.Replaces().empty());
  CHECK(ward.Why(0) ==
        "quarantine: 2 replacements in a row did not last; find out what is wrong with them; `kadende release web` or "
        "a new revision lets them be replaced again");
  ward.Settle();
  REQUIRE(ward.group.record.brakes.size() == 1);
  CHECK(ward.group.record.brakes[0].detail == "web[0]: 2 replacements in a row did not last");

  SECTION("whom a person releases") {
    ward.group.record.release = model::Release{"ann", ward.now, ward.now + 1h};
    CHECK(ward.Replaces() == "0");
    CHECK(ward.Decide().brakes.empty());
  }
  SECTION("a release that was given before is none for it") {
    ward.group.record.release = model::Release{"ann", ward.now - 1h, ward.now + 1h};
    CHECK(ward.Replaces().empty());
  }
  SECTION("or that has a new revision") {
    for (auto& [key, row] : ward.group.nodes) row.revision = base::Sha256("v2");
    CHECK(ward.Replaces() == "0");
  }
}

TEST_CASE("retry: a node that lasts ends the row") {
  Ward ward(4);
  ward.Policy().remediation.retry = {2, 0s, 1h};
  ward.Fail(0);
  FailAgain(ward, 20min);
  FailAgain(ward, 2h);
  CHECK(ward.Replaces() == "0");
  FailAgain(ward, 20min);
  CHECK(ward.Replaces() == "0");
}

TEST_CASE("retry: what was decided twice counts once, and two in a row are a while apart") {
  Ward ward(4);
  ward.Policy().remediation.retry = {2, 30min, 1h};
  ward.Fail(0);
  ward.Settle();
  ward.Pass(10s);
  ward.Settle();
  REQUIRE(ward.group.record.healing.troubles.size() == 1);
  CHECK(ward.group.record.healing.troubles[0].tries == 1);
  FailAgain(ward, 5min);
  CHECK(ward.Why(0) == "its predecessor was replaced only just: remediation.retry.period is 30m");
  CHECK(ward.Until(0) == ward.now - 15min - 10s + 30min);
}

TEST_CASE("flapping: four changes in half an hour are left to a person") {
  Ward ward(4);
  Change(ward, 1, HealthState::kUnhealthy);
  Change(ward, 1, HealthState::kHealthy);
  Change(ward, 1, HealthState::kUnhealthy);
  CHECK(ward.group.record.healing.troubles.empty());
  Change(ward, 1, HealthState::kHealthy);
  REQUIRE(ward.group.record.healing.troubles.size() == 1);
  CHECK_THAT(ward.group.record.healing.troubles[0].why, Catch::StartsWith("it changed 4 times between healthy and"));
  ward.Fail(1);
  CHECK_THAT(ward.Why(1), Catch::StartsWith("quarantine: it changed 4 times"));
}

TEST_CASE("flapping: changes that are further apart are none") {
  Ward ward(4);
  for (int i = 0; i < 6; ++i) {
    Change(ward, 1, i % 2 == 0 ? HealthState::kUnhealthy : HealthState::kHealthy);
    ward.Pass(11min);
  }
  CHECK(ward.group.record.healing.troubles.empty());
}

TEST_CASE("flapping: what happens to all of them says nothing about one") {
  Ward ward(4);
  for (int i = 0; i < 8; ++i) {
    const HealthState state = i % 2 == 0 ? HealthState::kUnhealthy : HealthState::kHealthy;
    for (std::uint32_t ordinal = 0; ordinal < 4; ++ordinal) ward.Is(ordinal, state, 0s);
    ward.Settle();
    ward.Pass(1min);
  }
  for (const model::SlotTrouble& trouble : ward.group.record.healing.troubles) {
    CHECK(trouble.quarantined_at == base::TimePoint{});
  }
}

TEST_CASE("a quarantined node that is well counts as failing") {
  Ward ward(4);
  ward.group.record.healing.troubles = {{1, ward.group.record.target.revision, 1, 0, {}, ward.now - 1h, "it flaps"}};
  ward.Fail(0);
  CHECK_THAT(ward.Why(0), Catch::StartsWith("maxUnhealthy: "));
}

TEST_CASE("suspension: a day of nothing but failures, until a person resumes") {
  Ward ward(4);
  ward.group.record.backoff = {3, ward.now - 1min, base::Sha256("other"), "quota"};
  ward.Fail(0);
  CHECK(ward.Replaces() == "0");
  ward.Settle();
  CHECK(ward.group.record.healing.failing_since == ward.now);
  ward.group.record.healing.failing_since = ward.now - 24h;
  CHECK(
      ward.Why(0) ==
      "suspended: nothing has succeeded for 1d: quota; mend what makes them fail, then `kadende release web` resumes");
  ward.Settle();
  SECTION("a success does not resume it") {
    ward.group.record.backoff = {};
    CHECK_THAT(ward.Why(0), Catch::StartsWith("suspended: "));
  }
  SECTION("a release does, and the day begins anew") {
    ward.Pass(1min);
    ward.group.record.release = model::Release{"ann", ward.now, ward.now + 1h};
    CHECK(ward.Replaces() == "0");
    ward.Settle();
    CHECK(ward.group.record.healing.failing_since == ward.now);
    CHECK(ward.group.record.brakes.empty());
  }
}

}  // namespace kadende::test
