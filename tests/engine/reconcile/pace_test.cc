#include "engine/reconcile/pace.h"

#include <catch2/catch.hpp>

#include "tests/engine/reconcile/ward.h"

namespace kadende::test {
namespace {

using model::BrakeKind;

// A group of ten without brakes but those that a test sets.
Ward Ten() {
  Ward ward(10);
  ward.Policy().remediation.max_unhealthy = {100, true};
  return ward;
}

const model::Brake* Find(const std::vector<model::Brake>& brakes, BrakeKind kind) {
  for (const model::Brake& brake : brakes) {
    if (brake.kind == kind) return &brake;
  }
  return nullptr;
}

// Those that are to be replaced are given up, and nothing is there yet in their place.
void Carry(Ward& ward) {
  const reconcile::GroupDecision decision = ward.Decide();
  ward.Settle();
  for (const auto& [ordinal, why] : decision.judgement.replace) {
    ward.group.nodes.erase({ordinal, 1});
    ward.view.nodes.erase({ordinal, 1});
    ward.health.erase({ordinal, 1});
    ward.Add(ordinal, 2).created_at = ward.now;
  }
}

}  // namespace

TEST_CASE("rate: a full bucket at once, then one each time that a token takes") {
  Ward ward = Ten();
  ward.Policy().remediation.rate = {{2, false}, 10min};
  for (std::uint32_t ordinal = 0; ordinal < 4; ++ordinal) ward.Fail(ordinal);
  CHECK(ward.Replaces() == "0 1");
  CHECK(ward.Why(2) ==
        "rate: 2 per 10m may be given up, and that is used up; `kadende release web` acts once all the same");
  CHECK(ward.Until(2) == ward.now + 5min);
  Carry(ward);
  const model::Brake* brake = Find(ward.group.record.brakes, BrakeKind::kRate);
  REQUIRE(brake != nullptr);
  CHECK(brake->until == ward.now + 5min);
  ward.Pass(5min - 1ms);
  CHECK(ward.Replaces().empty());
  ward.Pass(1ms);
  CHECK(ward.Replaces() == "2");
  ward.Pass(5min);
  CHECK(ward.Replaces() == "2 3");
  Carry(ward);
  CHECK(ward.Decide().brakes.empty());
}

TEST_CASE("rate: percent rounds down, never below one; none is none") {
  Ward ward = Ten();
  ward.Policy().remediation.rate = {{25, true}, 10min};
  for (std::uint32_t ordinal = 0; ordinal < 4; ++ordinal) ward.Fail(ordinal);
  CHECK(ward.Replaces() == "0 1");
  ward.Policy().remediation.rate = {{5, true}, 10min};
  CHECK(ward.Replaces() == "0");
  ward.Policy().remediation.rate = {{0, false}, 10min};
  CHECK(ward.Replaces().empty());
  CHECK_THAT(ward.Why(0), Catch::Contains("0 per 10m lets nothing go"));
}

TEST_CASE("a release acts in spite of rate and cap, and is counted by them") {
  Ward ward = Ten();
  ward.Policy().remediation.rate = {{1, false}, 10min};
  ward.Policy().remediation.blast_cap = {1, false};
  for (std::uint32_t ordinal = 0; ordinal < 3; ++ordinal) ward.Fail(ordinal);
  ward.group.record.release = model::Release{"ann", ward.now, ward.now + 1h};
  CHECK(ward.Replaces() == "0 1 2");
  Carry(ward);
  ward.group.record.release.reset();
  ward.Fail(5);
  CHECK_THAT(ward.Why(5), Catch::Contains("3 live nodes were given up within the last hour, 1 may be"));
}

TEST_CASE("blastCap: 25% of a group or ten nodes, the smaller, and at least one") {
  const auto replaced = [](std::uint32_t size) {
    Ward ward(size);
    ward.Policy().remediation.max_unhealthy = {100, true};
    ward.Policy().remediation.blast_cap.reset();
    for (std::uint32_t ordinal = 0; ordinal < size; ++ordinal) ward.Fail(ordinal);
    return ward.Decide().judgement.replace.size();
  };
  CHECK(replaced(1) == 1);
  CHECK(replaced(3) == 1);
  CHECK(replaced(8) == 2);
  CHECK(replaced(39) == 9);
  CHECK(replaced(40) == 10);
  CHECK(replaced(400) == 10);
}

TEST_CASE("blastCap: within any hour, by the minute") {
  Ward ward = Ten();
  ward.Policy().remediation.blast_cap = {2, false};
  ward.Fail(0);
  Carry(ward);
  ward.Pass(30min);
  ward.Fail(1);
  Carry(ward);
  ward.Fail(2);
  CHECK(ward.Until(2) == ward.now + 31min);
  ward.Pass(31min);
  CHECK(ward.Replaces() == "2");
}

TEST_CASE("what is gone, and what never was healthy, takes nothing from rate and cap") {
  Ward ward = Ten();
  ward.Policy().remediation.rate = {{1, false}, 10min};
  ward.Policy().remediation.blast_cap = {1, false};
  ward.Gone(1);
  ward.Fail(2, 1h);
  ward.Node(2).joined_at = {};
  ward.Node(2).memory.first_at = ward.now - 2h;
  ward.Node(2).memory.failed_create = true;  // and counted, so that no backoff holds it
  ward.Fail(3);
  CHECK(ward.Replaces() == "2 3");
}

TEST_CASE("a replacement of which nothing came is taken back") {
  Ward ward = Ten();
  ward.Policy().remediation.rate = {{1, false}, 10min};
  ward.Policy().remediation.blast_cap = {1, false};
  ward.Fail(0);
  ward.Settle();  // decided, and then its create failed
  CHECK(ward.Replaces() == "0");
  SECTION("unless its create may still land") {
    ward.Settle();
    model::Intent intent;
    intent.node = {"web", {0, ""}};
    intent.incarnation = 2;
    ward.intents = {&intent};
    ward.Fail(4);
    CHECK_FALSE(ward.Why(4).empty());
  }
}

TEST_CASE("a clock that was put back does not hold a group for ever") {
  Ward ward = Ten();
  ward.Policy().remediation.rate = {{1, false}, 10min};
  ward.Policy().remediation.blast_cap = {1, false};
  ward.group.record.healing.rate_full_at = ward.now + 24h * 365;
  ward.group.record.healing.given_up = {{ward.now + 24h * 365, 1}};
  ward.Fail(0);
  CHECK(ward.Until(0) == ward.now + 61min);
  ward.group.record.healing.given_up.clear();
  CHECK(ward.Until(0) == ward.now + 10min);
}

TEST_CASE("minCapacity: the first goes, the next waits while too few are healthy") {
  Ward ward = Ten();
  ward.Policy().remediation.min_capacity = {80, true};
  ward.Fail(0);
  ward.Fail(1);
  CHECK(ward.Replaces() == "0 1");
  ward.Fail(2);
  CHECK(ward.Replaces() == "0");
  CHECK(ward.Why(1) ==
        "minCapacity: 7 of 10 nodes are healthy while 1 replacement is under way, 80% (8) should be; it goes on once "
        "those are healthy; set remediation.minCapacity and apply to change that");
}

TEST_CASE("quorum: a member is given up only while more than half are well") {
  const auto replaced = [](std::uint32_t size, std::uint32_t failing) {
    Ward ward(size);
    ward.Policy().quorum = true;
    ward.Policy().remediation.max_unhealthy = {100, true};
    for (std::uint32_t ordinal = 0; ordinal < failing; ++ordinal) ward.Fail(ordinal);
    return ward.Decide().judgement.replace.size();
  };
  CHECK(replaced(1, 1) == 0);
  CHECK(replaced(2, 1) == 0);
  CHECK(replaced(3, 1) == 1);
  CHECK(replaced(3, 2) == 0);
  CHECK(replaced(4, 2) == 0);
  CHECK(replaced(5, 2) == 2);
  CHECK(replaced(5, 3) == 0);
}

TEST_CASE("unhealthyRange: acted upon inside it, and it wins over maxUnhealthy") {
  const auto why = [](std::uint32_t failing) {
    Ward ward(8);
    ward.Policy().remediation.max_unhealthy = {1, false};
    ward.Policy().remediation.unhealthy_range = {{2, false}, {50, true}};
    for (std::uint32_t ordinal = 0; ordinal < failing; ++ordinal) ward.Fail(ordinal);
    return ward.Why(0);
  };
  CHECK(why(1) ==
        "unhealthyRange: 1 of 8 live nodes is unhealthy, 2 to 50% (4) are acted upon; see that the checks are right, "
        "then `kadende release web` acts once all the same");
  CHECK(why(2).empty());
  CHECK(why(4).empty());
  CHECK_THAT(why(5), Catch::StartsWith("unhealthyRange: 5 of 8"));
}

}  // namespace kadende::test
