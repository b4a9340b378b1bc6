// Which of the failing nodes are replaced, and what holds the others: brakes, people, room.
#include <catch2/catch.hpp>

#include "tests/engine/reconcile/ward.h"

using namespace kadende;
using namespace std::chrono_literals;
using model::HealthState;
using test::Ward;

namespace {

Ward Failing(std::uint32_t size, std::uint32_t failing) {
  Ward ward(size);
  for (std::uint32_t ordinal = 0; ordinal < failing; ++ordinal) ward.Fail(ordinal);
  return ward;
}

}  // namespace

TEST_CASE("maxUnhealthy: 40 percent, rounded down, never below one") {
  struct Row {
    std::uint32_t size, failing;
    bool braked;
  };
  for (const Row& row : std::vector<Row>{{1, 1, false},
                                         {2, 1, false},
                                         {2, 2, true},
                                         {4, 1, false},
                                         {4, 2, true},
                                         {5, 2, false},
                                         {5, 3, true},
                                         {10, 4, false},
                                         {10, 5, true},
                                         {100, 40, false},
                                         {100, 41, true}}) {
    INFO(row.size << " nodes, " << row.failing << " failing");
    Ward ward = Failing(row.size, row.failing);
    CHECK(ward.Braked() == row.braked);
    CHECK(ward.Decide().judgement.replace.size() == (row.braked ? 0 : row.failing));
  }
}

TEST_CASE("maxUnhealthy as a count is what it says, and zero lets nothing go") {
  Ward ward = Failing(10, 5);
  ward.Policy().remediation.max_unhealthy = {5, false};
  CHECK(ward.Replaces() == "0 1 2 3 4");
  ward.Policy().remediation.max_unhealthy = {0, false};
  CHECK(ward.Braked());
}

TEST_CASE("a braked group says why, since when, and what a person can do; every node stays visible") {
  Ward ward = Failing(4, 3);
  const auto decision = ward.Decide();
  REQUIRE(decision.brakes.size() == 1);
  CHECK(decision.brakes[0].detail == "3 of 4 live nodes are unhealthy, 40% (1) may be");
  CHECK(decision.brakes[0].since == ward.now);
  CHECK(decision.held.size() == 3);
  CHECK(decision.health[1].state == HealthState::kUnhealthy);
  CHECK(decision.health[1].held_back ==
        "maxUnhealthy: 3 of 4 live nodes are unhealthy, 40% (1) may be; see that the checks are right, then `kadende "
        "release web` acts once all the same");
  CHECK(decision.judgement.notes == std::vector<std::string>{"web[0], web[1], web[2] are unhealthy and left alone: " +
                                                             decision.health[1].held_back});
}

TEST_CASE("the brake counts nodes that fail but are not due yet") {
  Ward ward(4);
  ward.Fail(0, 10min);
  ward.Fail(1, 30s);
  CHECK(ward.Braked());
  CHECK(ward.Replaces().empty());
}

TEST_CASE("a brake keeps its moment while it holds, and lets go when few enough fail") {
  Ward ward = Failing(4, 3);
  ward.Settle();
  const base::TimePoint since = ward.now;
  ward.Pass(1min);
  CHECK(ward.Decide().brakes[0].since == since);
  ward.Is(0, HealthState::kHealthy, 0s);
  ward.Is(1, HealthState::kHealthy, 0s);
  CHECK_FALSE(ward.Braked());
  CHECK(ward.Replaces() == "2");
}

TEST_CASE("gone nodes do not count as failing, and are brought back under the brake") {
  Ward ward(5);
  ward.Gone(0);
  ward.Gone(1);
  ward.Gone(2);
  ward.Fail(3);
  CHECK_FALSE(ward.Braked());
  CHECK(ward.Replaces() == "3");
}

TEST_CASE("unknown nodes do not fail, but do not vouch for others either") {
  Ward ward(10);
  for (std::uint32_t ordinal = 0; ordinal < 4; ++ordinal) ward.Fail(ordinal);
  CHECK_FALSE(ward.Braked());
  for (std::uint32_t ordinal = 4; ordinal < 10; ++ordinal) ward.Unknown(ordinal);
  CHECK(ward.Braked());
  CHECK(ward.Decide().brakes[0].detail == "4 of 10 live nodes are unhealthy, 40% (1) may be; 6 unknown");
}

TEST_CASE("a brake does not let go because nobody can look any more") {
  Ward ward = Failing(4, 3);
  ward.Settle();
  ward.Unknown(0);
  ward.Unknown(1);
  CHECK(ward.Braked());
  ward.Unknown(2);
  CHECK(ward.Braked());
  for (const std::uint32_t ordinal : {0U, 1U, 2U}) ward.Is(ordinal, HealthState::kHealthy, 0s);
  CHECK_FALSE(ward.Braked());
}

TEST_CASE("a start does not lift a brake") {
  Ward ward = Failing(4, 3);
  ward.Settle();
  ward.watching_since = ward.now + 1s;
  ward.now += 2s;
  CHECK(ward.Braked());
}

TEST_CASE("a release lifts the brake for the nodes that were unhealthy when it was given") {
  Ward ward = Failing(4, 2);
  ward.Settle();
  ward.group.record.release = model::Release{"ann", ward.now, ward.now + 1h};
  CHECK(ward.Replaces() == "0 1");
  ward.Pass(1min);
  ward.Fail(2, 30s);
  ward.Policy().checks[0].unhealthy_for = 0s;
  CHECK(ward.Replaces() == "0 1");
  CHECK_FALSE(ward.Decide().release_used);
}

TEST_CASE("a release lifts maxUnhealthy alone: time, flight and holds still count") {
  Ward ward = Failing(4, 3);
  ward.Settle();
  ward.Policy().remediation.max_in_flight = {1, false};
  ward.Fail(0, 1min);
  ward.group.record.holds.push_back({"1", "ann", "", {}, {}});
  ward.group.record.release = model::Release{"ann", ward.now, ward.now + 1h};
  CHECK(ward.Replaces() == "2");
}

TEST_CASE("what people order counts by their clock, also where the watch began before it was set") {
  for (const base::Millis ahead : {base::Millis(-5h), base::Millis(5h)}) {
    Ward ward(4);
    ward.wall_ahead = ahead;
    for (const std::uint32_t ordinal : {0U, 1U, 2U}) ward.Fail(ordinal);
    ward.group.record.holds.push_back({"1", "ann", "", {}, ward.now + ahead + 10min});
    ward.Settle();
    ward.group.record.release = model::Release{"ann", ward.now + ahead, ward.now + ahead + 1h};
    ward.Pass(6min);
    ward.Fail(3, 5min);  // after the release was given
    CHECK(ward.Replaces() == "0 2");
    CHECK_THAT(ward.Why(1), Catch::Contains("held by ann"));
    CHECK_THAT(ward.Why(3), Catch::Contains("maxUnhealthy"));
    ward.Pass(5min);
    CHECK(ward.Replaces() == "0 1 2");
    ward.Pass(50min);
    CHECK(ward.Replaces().empty());
  }
}

TEST_CASE("a release is used up when none of its nodes is left, or it lapses, or there were none") {
  Ward ward = Failing(4, 2);
  ward.group.record.release = model::Release{"ann", ward.now, ward.now + 1h};
  CHECK_FALSE(ward.Decide().release_used);
  ward.Unknown(0);
  ward.Unknown(1);
  CHECK_FALSE(ward.Decide().release_used);
  ward.Is(0, HealthState::kHealthy, 0s);
  ward.Is(1, HealthState::kHealthy, 0s);
  CHECK(ward.Decide().release_used);
  Ward late = Failing(4, 2);
  late.group.record.release = model::Release{"ann", late.now - 1h, late.now};
  CHECK(late.Decide().release_used);
  CHECK(late.Replaces().empty());
}

TEST_CASE("maxInFlight: 10 percent, rounded down, never below one; longest unhealthy first, ties by slot") {
  Ward ward = Failing(20, 4);
  ward.Policy().remediation.max_in_flight = {10, true};
  ward.Fail(3, 20min);
  CHECK(ward.Replaces() == "0 3");
  CHECK(ward.Why(1) == "remediation.maxInFlight 10% allows 2 replacements at a time, 2 under way");
  Ward small = Failing(5, 2);
  small.Policy().remediation.max_in_flight = {10, true};
  CHECK(small.Replaces() == "0");
  small.Policy().remediation.max_in_flight = {0, false};
  CHECK(small.Replaces().empty());
}

TEST_CASE("replacements under way count against maxInFlight until they are healthy") {
  Ward ward = Failing(10, 0);
  ward.Policy().remediation.max_in_flight = {1, false};
  ward.Replaced(0, 1min);
  ward.Fail(1);
  CHECK(ward.Replaces().empty());
  ward.Is(0, HealthState::kHealthy, 0s, 2);
  ward.Node(0, 2).joined_at = ward.now;
  CHECK(ward.Replaces() == "1");
}

TEST_CASE("a replacement under way whose old instance is gone already counts, too, until it should have joined") {
  Ward ward = Failing(10, 0);
  ward.Policy().remediation.max_in_flight = {1, false};
  ward.Replaced(0, 1min);
  ward.group.nodes.erase({0, 1});
  ward.Fail(1);
  CHECK(ward.Replaces().empty());
  ward.Is(0, HealthState::kUnknown, 20min, 2);
  ward.Node(0, 2).memory.first_at = ward.now - 15min;
  CHECK(ward.Replaces() == "1");
}

TEST_CASE("what is gone and what is being created counts as under way") {
  Ward gone = Failing(10, 1);
  gone.Policy().remediation.max_in_flight = {1, false};
  gone.Gone(5);
  CHECK(gone.Replaces().empty());
  Ward creating = Failing(10, 1);
  creating.Policy().remediation.max_in_flight = {1, false};
  model::Intent intent;
  intent.node = {"web", {5, {}}};
  intent.incarnation = 2;
  creating.intents.push_back(&intent);
  CHECK(creating.Replaces().empty());
}

TEST_CASE("size plus surge is never exceeded") {
  Ward ward = Failing(10, 4);
  ward.Policy().rollout.max_surge = {2, false};
  CHECK(ward.Replaces() == "0 1");
  CHECK(ward.Why(2) == "rollout.maxSurge 2 leaves no room for one instance more yet");
  ward.Replaced(8, 1min);
  CHECK(ward.Replaces() == "0");
  ward.Replaced(9, 1min);
  CHECK(ward.Replaces().empty());
}

TEST_CASE("destroy-first groups need no room") {
  Ward ward = Failing(10, 3);
  ward.Policy().rollout.max_surge = {1, false};
  ward.group.record.target.policy.rollout.order = model::ReplaceOrder::kDestroyFirst;
  ward.group.record.current = ward.group.record.target;
  CHECK(ward.Replaces() == "0 1 2");
}

TEST_CASE("an old instance stays until its successor is healthy") {
  Ward ward(3);
  ward.Replaced(1, 1min);
  using Keys = std::set<model::NodeRowKey>;
  CHECK(ward.Decide().judgement.hold_leaving == Keys{{1, 1}});
  ward.Is(1, HealthState::kUnknown, 1h, 2);
  CHECK(ward.Decide().judgement.hold_leaving == Keys{{1, 1}});
  ward.Is(1, HealthState::kHealthy, 0s, 2);
  CHECK(ward.Decide().judgement.hold_leaving.empty());
}

TEST_CASE("a node that is replaced now is to stay as a leaving row") {
  Ward ward = Failing(3, 1);
  CHECK(ward.Decide().judgement.hold_leaving == std::set<model::NodeRowKey>{{0, 1}});
}

TEST_CASE("the old instance of a successor that never joined goes first, then the slot is tried again") {
  Ward ward(3);
  ward.Replaced(1, 15min);
  auto decision = ward.Decide();
  CHECK(decision.judgement.hold_leaving.empty());
  CHECK(decision.judgement.replace.empty());
  CHECK(ward.Why(1) == "its former instance goes first");
  ward.Settle();
  ward.group.nodes.erase({1, 1});
  ward.Pass(10s);
  CHECK(ward.Replaces() == "1");
}

TEST_CASE("while a run is unfinished old instances stay until their successors are healthy, however long") {
  Ward ward(3);
  ward.Replaced(1, 1h);
  ++ward.group.record.target.size;
  CHECK(ward.Decide().judgement.hold_leaving == std::set<model::NodeRowKey>{{1, 1}});
  CHECK(ward.Replaces().empty());
}

TEST_CASE("what leaves without a successor leaves") {
  Ward ward(3);
  ward.group.nodes.at({2, 1}).phase = model::NodePhase::kLeaving;
  CHECK(ward.Decide().judgement.hold_leaving.empty());
}

TEST_CASE("a successor that is gone itself keeps the old instance") {
  Ward ward(3);
  ward.Replaced(1, 1min);
  ward.view.nodes.at({1, 2}).sight = plan::Sight::kTerminated;
  ward.health.erase({1, 2});
  CHECK(ward.Decide().judgement.hold_leaving == std::set<model::NodeRowKey>{{1, 1}});
}

TEST_CASE("where nobody ever looks, nothing waits for health") {
  Ward ward(3);
  ward.Replaced(1, 1min);
  reconcile::RemediationInput input;
  input.group = &ward.group;
  input.view = &ward.view;
  input.watching_since = input.now = ward.now;
  CHECK(reconcile::Remediate(input).judgement.hold_leaving.empty());
}

TEST_CASE("holds of a person leave a node or a group alone, until they lapse") {
  Ward ward = Failing(10, 2);
  ward.group.record.holds.push_back({"1", "ann", "disk swap", ward.now - 1h, ward.now + 1h});
  CHECK(ward.Replaces() == "0");
  CHECK(ward.Why(1) == "held by ann: disk swap; `kadende unhold web[1]` lets go");
  CHECK(ward.Until(1) == ward.now + 1h);
  ward.group.record.holds.push_back({"", "bob", "", ward.now - 1h, {}});
  CHECK(ward.Replaces().empty());
  CHECK(ward.Why(0) == "held by bob; `kadende unhold web` lets go");
  ward.group.record.holds.pop_back();
  ward.Pass(1h);
  CHECK(ward.Replaces() == "0 1");
}

TEST_CASE("a node that is gone and held is no replacement under way for others") {
  Ward ward(4);
  ward.Policy().remediation.max_in_flight = {1, false};
  ward.Gone(3);
  ward.Fail(0);
  CHECK(ward.Replaces() == "");
  ward.group.record.holds = {{"3", "ann", "moved by hand", {}, {}}};
  CHECK(ward.Replaces() == "0");
}

TEST_CASE("a held node keeps its old instance, too") {
  Ward ward(3);
  ward.Replaced(1, 1min);
  ward.Is(1, HealthState::kHealthy, 0s, 2);
  ward.Node(1, 2).joined_at = ward.now;
  ward.group.record.holds.push_back({"1", "ann", "", {}, {}});
  CHECK(ward.Decide().judgement.hold_leaving == std::set<model::NodeRowKey>{{1, 1}});
}

TEST_CASE("remediation actions that are not in force do nothing and say so") {
  Ward ward = Failing(10, 9);
  ward.Policy().remediation.action = model::RemedyAction::kRestart;
  CHECK(ward.Replaces().empty());
  CHECK_FALSE(ward.Braked());
  CHECK(ward.Why(0) == "remediation action restart is not in force in this version; `action: replace` is");
  ward.Policy().remediation.action = model::RemedyAction::kExternal;
  CHECK(ward.Why(0) == "remediation.action is external: somebody else heals this group, kadende only shows");
}

TEST_CASE("preventDestroy forbids replacing what lives") {
  Ward ward = Failing(10, 1);
  ward.Policy().prevent_destroy = true;
  CHECK(ward.Replaces().empty());
  CHECK(ward.Why(0) == "preventDestroy forbids it; set preventDestroy: false and apply");
}

TEST_CASE("frozen groups are left alone, brakes as they are") {
  Ward ward = Failing(10, 1);
  ward.view.frozen = "the listing is of another account";
  ward.group.record.brakes.push_back({});
  CHECK(ward.Replaces().empty());
  CHECK(ward.Braked());
  CHECK(ward.Why(0) == "the group is frozen: the listing is of another account");
}

TEST_CASE("a node whose destroy is under way is not a patient") {
  Ward ward = Failing(10, 1);
  model::Intent intent;
  intent.kind = model::IntentKind::kDestroy;
  intent.node = {"web", {0, {}}};
  intent.incarnation = 1;
  intent.instance_id = "i-0-1";
  ward.intents.push_back(&intent);
  CHECK(ward.Replaces().empty());
  CHECK(ward.Decide().health.size() == 9);
}

TEST_CASE("no destroy where no create is allowed") {
  Ward ward = Failing(10, 1);
  ward.group.record.backoff = {2, ward.now + 7s, ward.group.record.target.revision, "quota"};
  CHECK(ward.Replaces().empty());
  CHECK(ward.Why(0) == "creates are held back after 2 failures: quota");
  CHECK(ward.Until(0) == ward.now + 7s);
  CHECK(ward.Decide().wake_at == ward.now + 7s);
  ward.group.record.backoff.next_at = ward.now + 5h;  // by a clock that was put back since
  CHECK(ward.Replaces() == "0");
}

TEST_CASE("a replacement that ends before it is healthy is a failed create, once") {
  Ward ward(3);
  ward.Policy().backoff_base = 5s;
  ward.Add(0, 2).created_at = ward.now - 1s;
  ward.group.nodes.erase({0, 1});
  ward.health.erase({0, 1});
  ward.health.erase({0, 2});
  ward.Sight(0, 2).sight = plan::Sight::kMissing;
  REQUIRE(ward.Decide().backoff);
  CHECK(ward.Decide().backoff->failures == 1);
  CHECK(ward.Decide().backoff->next_at == ward.now + 5s);
  ward.Settle();
  ward.Pass(1s);
  CHECK_FALSE(ward.Decide().backoff);
}

TEST_CASE("a node that was healthy for long, that apply made, or that is long there comes back at once") {
  Ward ward(3);
  ward.Gone(0);
  ward.group.nodes.at({0, 1}).created_at = ward.now - 1s;
  CHECK_FALSE(ward.Decide().backoff);
  ward.Add(1, 2);
  ward.group.nodes.erase({1, 1});
  ward.Sight(1, 2).sight = plan::Sight::kMissing;
  ward.Node(1, 2).joined_at = ward.now - 5min;
  ward.group.nodes.at({1, 2}).created_at = ward.now - 6min;
  CHECK_FALSE(ward.Decide().backoff);
  ward.health.erase({1, 2});
  REQUIRE(ward.Decide().backoff);
  ward.group.nodes.at({1, 2}).created_at = ward.now - 16min;
  CHECK_FALSE(ward.Decide().backoff);
}

TEST_CASE("a replacement that ends or fails soon after it was healthy is a failed create, once") {
  Ward ward(3);
  ward.Policy().backoff_base = 5s;
  ward.group.nodes.erase({0, 1});
  ward.health.erase({0, 1});
  ward.Add(0, 2).created_at = ward.now - 8min;
  ward.Node(0, 2).joined_at = ward.now - 2min;
  SECTION("it ended") {
    ward.Sight(0, 2).sight = plan::Sight::kMissing;
    REQUIRE(ward.Decide().backoff);
    CHECK(ward.Decide().backoff->last_error == "web[0] was created and healthy for 2m only");
  }
  SECTION("it fails, and is to be replaced") {
    ward.Is(0, model::HealthState::kUnhealthy, 10s, 2);
    CHECK_FALSE(ward.Decide().backoff);  // it may recover
    ward.group.record.target.policy.checks[0].unhealthy_for = 5s;
    ward.Policy();
    REQUIRE(ward.Decide().backoff);
    CHECK(ward.Decide().backoff->last_error == "web[0] was created and healthy for 1m50s only");
    CHECK(ward.Why(0) == "creates are held back after 1 failure: web[0] was created and healthy for 1m50s only");
  }
  CHECK(ward.Decide().backoff->next_at == ward.now + 5s);
  ward.Settle();
  ward.Pass(1s);
  CHECK_FALSE(ward.Decide().backoff);
}

TEST_CASE("what was made after the last failure resets the backoff once it was healthy for backoff.max") {
  Ward ward(3);
  ward.group.record.backoff = {4, ward.now - 6min, ward.group.record.target.revision, "crashed"};
  ward.group.nodes.erase({0, 1});
  ward.health.erase({0, 1});
  ward.Add(0, 2).created_at = ward.now - 6min;
  ward.Node(0, 2).joined_at = ward.now - 4min;
  CHECK_FALSE(ward.Decide().backoff);
  ward.Pass(1min);
  REQUIRE(ward.Decide().backoff);
  CHECK(ward.Decide().backoff->failures == 0);
  ward.Is(0, model::HealthState::kUnknown, 1s, 2);
  CHECK_FALSE(ward.Decide().backoff);
}

TEST_CASE("a pass without memory resets the backoff by the age of what is healthy") {
  Ward ward(3);
  ward.Policy().checks.clear();
  ward.Policy();
  ward.group.record.backoff = {4, ward.now - 6min, ward.group.record.target.revision, "crashed"};
  ward.health.clear();
  CHECK_FALSE(ward.Decide().backoff);
  ward.group.nodes.at({1, 1}).created_at = ward.now - 5min;
  REQUIRE(ward.Decide().backoff);
  CHECK(ward.Decide().backoff->failures == 0);
}

TEST_CASE("notes name few nodes and count the rest") {
  Ward ward = Failing(20, 19);
  const auto notes = ward.Decide().judgement.notes;
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].starts_with("web[0], web[1], web[2], web[3], web[4] and 14 more are unhealthy and left alone: "));
}

TEST_CASE("a person may forbid healing apart from the rest") {
  const auto why = [](model::Process process, const std::string& slot_key) {
    Ward ward(4);
    ward.Fail(1);
    ward.group.record.holds.push_back({slot_key, "ann", "", ward.now, {}, {}});
    ward.group.record.holds.back().only.Add(process);
    return ward.Why(1);
  };
  using model::Process;
  for (const Process process :
       {Process::kCreate, Process::kDestroy, Process::kHealth, Process::kRemediate, Process::kReplace}) {
    CHECK(why(process, "") ==
          "held (" + std::string(model::ProcessName(process)) + ") by ann; `kadende unhold web` lets go");
  }
  CHECK(why(Process::kReplace, "1") == "held (replace) by ann; `kadende unhold web[1]` lets go");
  CHECK(why(Process::kRollout, "").empty());
  CHECK(why(Process::kScaleIn, "1").empty());
}

TEST_CASE("where what checks say counts for nothing, no brake takes") {
  Ward ward(4);
  for (std::uint32_t ordinal = 0; ordinal < 4; ++ordinal) ward.Fail(ordinal);
  CHECK(ward.Braked());
  ward.group.record.holds.push_back({"", "ann", "", ward.now, {}, {}});
  ward.group.record.holds.back().only.Add(model::Process::kHealth);
  CHECK_FALSE(ward.Braked());
  CHECK(ward.Replaces().empty());
}
