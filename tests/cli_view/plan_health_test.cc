#include <catch2/catch.hpp>

#include "cli/view/plan_health.h"
#include "cli/view/plan_markdown.h"
#include "cli/view/plan_text.h"
#include "engine/model/plan_compare.h"
#include "engine/model/plan_json.h"
#include "tests/cli_view/samples.h"

using namespace kadende;
using namespace kadende::cli;
using namespace kadende::tests;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

const base::TimePoint kNow = base::FromUnixMillis(1'763'800'000'000) + minutes(5);

// web[1] is unhealthy, says a watch that looks now.
struct Scene {
  model::ClusterState state = SampleState();
  plan::PriorView view;
  ports::HealthByGroup health;
  model::Plan plan;

  Scene() {
    model::PlanGroup group;
    group.path = "web";
    group.before.size = group.after.size = 3;
    plan.groups.push_back(group);
    model::NodeHealth sick;
    sick.slot.ordinal = 1;
    sick.incarnation = 1;
    sick.state = model::HealthState::kUnhealthy;
    sick.since = kNow - minutes(1);
    sick.check = "http";
    sick.evidence = "status 500";
    sick.last_at = kNow - seconds(5);
    sick.next_at = kNow + seconds(5);
    health["web"] = {sick};
  }

  void Add() { AddHealth(state, view, health, kNow, plan); }
};

}  // namespace

TEST_CASE("a plan tells which nodes are unhealthy, and that the watch replaces them") {
  Scene scene;
  scene.Add();
  CHECK(PlanText(scene.plan) ==
        "Changed outside of kadende:\n"
        "  web[1]: it is unhealthy (i-1): since 2025-11-22T08:30:40Z, by check `http`: status 500\n"
        "\n"
        "web: size 3\n"
        "  note: web[1] is unhealthy; `kadende watch` replaces it\n"
        "\n"
        "No changes. Your infrastructure matches the configuration.\n");
  CHECK(PlanMarkdown(scene.plan).find("web\\[1\\] is unhealthy") != std::string::npos);
}

TEST_CASE("a plan tells why an unhealthy node is left alone") {
  Scene scene;
  scene.health["web"][0].held_back = "maxUnhealthy: 2 of 3 live nodes are unhealthy, 40% (1) may be";
  scene.state.groups.at("web").record.brakes = {
      {model::BrakeKind::kMaxUnhealthy, "2 of 3 live nodes are unhealthy", kNow - minutes(1)}};
  scene.Add();
  REQUIRE(scene.plan.groups[0].notes.size() == 2);
  CHECK(scene.plan.groups[0].notes[0] ==
        "braked by maxUnhealthy since 2025-11-22T08:30:40Z: 2 of 3 live nodes are unhealthy");
  CHECK(scene.plan.groups[0].notes[1] ==
        "web[1] is unhealthy and left alone: maxUnhealthy: 2 of 3 live nodes are unhealthy, 40% (1) may be");
}

TEST_CASE("what is known of health changes no action of a plan") {
  Scene scene;
  const model::Plan before = scene.plan;
  scene.Add();
  CHECK(scene.plan.IsEmpty() == before.IsEmpty());
  CHECK(model::ComparePlans(before, scene.plan).differences.empty());
}

TEST_CASE("a saved plan keeps what was known of health") {
  Scene scene;
  scene.Add();
  model::SavedPlan saved;
  saved.plan = scene.plan;
  const auto read = model::SavedPlanFromJson(model::SavedPlanToJson(saved));
  REQUIRE(read);
  CHECK(PlanText(read->plan) == PlanText(scene.plan));
}

TEST_CASE("a plan is silent about health that is old, or of nodes that are gone") {
  Scene scene;
  SECTION("nobody looks any more") {
    scene.health["web"][0].next_at = kNow - minutes(9);
  }
  SECTION("the listing found it gone") {
    scene.view.groups["web"].nodes[{1, 1}].sight = plan::Sight::kTerminated;
  }
  SECTION("it is another incarnation") {
    scene.health["web"][0].incarnation = 2;
  }
  SECTION("it is healthy") {
    scene.health["web"][0].state = model::HealthState::kHealthy;
  }
  scene.Add();
  CHECK(scene.plan.drift.empty());
  CHECK(scene.plan.groups[0].notes.empty());
}

TEST_CASE("what the provider says already is not told twice") {
  Scene scene;
  model::Drift drift;
  drift.slot.ordinal = 1;
  drift.incarnation = 1;
  drift.reason = model::Reason::kUnhealthy;
  scene.plan.drift = {drift};
  scene.Add();
  CHECK(scene.plan.drift.size() == 1);
}
