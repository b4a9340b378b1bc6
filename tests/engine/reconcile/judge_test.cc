// The cluster's side of the rules: what is recorded, which events tell of it, and what one pass hands to the next.
#include <catch2/catch.hpp>

#include "tests/engine/reconcile/ward.h"

using namespace kadende;
using namespace std::chrono_literals;
using model::HealthState;
using test::Ward;

namespace {

struct Judged {
  reconcile::ClusterDecision decision;
  ports::HealthByGroup health;
  model::ClusterState state;

  [[nodiscard]] std::vector<std::string> Events() const {
    std::vector<std::string> events;
    for (const model::StateChange& change : decision.judgement.changes) {
      if (const auto* event = std::get_if<model::EventRecorded>(&change)) {
        events.push_back(std::string(model::EventKindName(event->event.kind)) + ": " + event->event.message);
      }
    }
    return events;
  }
};

Judged JudgeOnce(const Ward& ward, const model::GroupRecord* record = nullptr) {
  Judged judged;
  judged.state.cluster.name = "shop";
  model::GroupState group = ward.group;
  if (record != nullptr) group.record = *record;
  judged.state.groups.emplace("web", group);
  plan::PriorView view;
  view.groups.emplace("web", ward.view);
  for (const auto& [key, node] : ward.health) judged.health["web"].push_back(node);
  judged.decision = reconcile::Judge(judged.state, view, judged.health, ward.watching_since, ward.now);
  for (const auto& change : judged.decision.judgement.changes) judged.state.Apply(change);
  return judged;
}

}  // namespace

TEST_CASE("a quiet group is not written") {
  const Judged judged = JudgeOnce(Ward(3));
  CHECK(judged.decision.judgement.changes.empty());
  CHECK(judged.decision.wake_at == base::TimePoint{});
}

TEST_CASE("a brake is recorded with an event when it takes, and once only") {
  Ward ward(4);
  for (const std::uint32_t ordinal : {0U, 1U, 2U}) ward.Fail(ordinal);
  const Judged first = JudgeOnce(ward);
  CHECK(first.Events() == std::vector<std::string>{
                              "brake_on: web is braked by maxUnhealthy: 3 of 4 live nodes are unhealthy, 40% (1) may "
                              "be; `kadende release web` acts once all the same"});
  const model::GroupRecord braked = first.state.groups.at("web").record;
  CHECK(braked.brakes.size() == 1);
  ward.Pass(1min);
  ward.Fail(3);  // another count, the same brake
  CHECK(JudgeOnce(ward, &braked).decision.judgement.changes.empty());
  for (const std::uint32_t ordinal : {0U, 1U, 2U}) ward.Is(ordinal, HealthState::kHealthy, 0s);
  const Judged last = JudgeOnce(ward, &braked);
  CHECK(last.Events() == std::vector<std::string>{"brake_off: web is no longer braked by maxUnhealthy"});
  CHECK(last.state.groups.at("web").record.brakes.empty());
}

TEST_CASE("a release that is used up leaves the record") {
  Ward ward(4);
  ward.group.record.release = model::Release{"ann", ward.now, ward.now + 1h};
  CHECK_FALSE(JudgeOnce(ward).state.groups.at("web").record.release);
}

TEST_CASE("a failed create is recorded with the group's backoff and an event") {
  Ward ward(4);
  ward.Is(0, HealthState::kInitializing, 15min);
  ward.Node(0).joined_at = {};
  ward.Node(0).memory.first_at = ward.now - 15min;
  const Judged judged = JudgeOnce(ward);
  CHECK(judged.state.groups.at("web").record.backoff.failures == 1);
  CHECK(judged.Events() == std::vector<std::string>{"group_backoff: web holds creates back until 2027-01-15T08:00:05Z "
                                                    "after 1 failed: web[0] was created and never healthy"});
}

TEST_CASE("the provider's word is told when it turns, and shown among the checks") {
  Ward ward(4);
  ward.Sight(0).status = model::InstanceStatus::kStopped;
  Judged judged = JudgeOnce(ward);
  CHECK(judged.Events() ==
        std::vector<std::string>{"node_unhealthy: web[0] is unhealthy by check `provider`: stopped"});
  CHECK(judged.health.at("web")[0].check == "provider");
  CHECK(judged.health.at("web")[0].held_back == "acted upon after 5m");
  CHECK(judged.health.at("web")[0].held_until == ward.now + 5min);
  ward.Settle();
  CHECK(JudgeOnce(ward).Events().empty());
}

TEST_CASE("groups that are to be gone, were renamed or are unknown are not judged, and their health is dropped") {
  Ward ward(4);
  ward.Fail(0);
  model::GroupRecord record = ward.group.record;
  record.target.revision = {};
  CHECK(JudgeOnce(ward, &record).decision.judgement.groups.empty());
  CHECK(JudgeOnce(ward, &record).health.empty());
  record = ward.group.record;
  record.moved_to = "shop";
  CHECK(JudgeOnce(ward, &record).decision.judgement.groups.empty());
}

TEST_CASE("without looking at the provider nothing is decided") {
  Ward ward(4);
  ward.Fail(0);
  model::ClusterState state;
  state.groups.emplace("web", ward.group);
  plan::PriorView view;
  view.offline = true;
  view.groups.emplace("web", ward.view);
  ports::HealthByGroup health;
  CHECK(reconcile::Judge(state, view, health, ward.watching_since, ward.now).judgement.groups.empty());
}

TEST_CASE("what passes remember is carried over to what the checks say now") {
  Ward ward(2);
  ward.Sight(0).status = model::InstanceStatus::kStopped;
  const ports::HealthByGroup last = JudgeOnce(ward).health;
  ports::HealthByGroup next;
  next["web"].push_back(ward.Node(0));
  next["web"].back().memory = {};
  reconcile::CarryOver(last, next);
  REQUIRE(next["web"].size() == 2);  // a node that the monitor does not follow keeps its row
  CHECK(next["web"][0].memory.denied_since == ward.now);
  CHECK(next["web"][0].state == HealthState::kHealthy);  // by its checks
  CHECK(next["web"][1].slot.ordinal == 1);
}

TEST_CASE("health of nodes that left is dropped, of leaving ones too") {
  Ward ward(3);
  ward.group.nodes.erase({2, 1});
  ward.group.nodes.at({1, 1}).phase = model::NodePhase::kLeaving;
  CHECK(JudgeOnce(ward).health.at("web").size() == 1);
}
