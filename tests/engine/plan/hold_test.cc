// Orders of people to leave a node or group alone: nothing is planned for what is held, and the plan says so.
#include <rapidcheck.h>
#include <catch2/catch.hpp>
#include <set>

#include "engine/model/plan_json.h"
#include "engine/plan/holds.h"
#include "tests/engine/plan/plan_world.h"

namespace kadende::test {
namespace {

using Random = std::mt19937;

// `slot_key` empty: the whole group.
void Hold(PlanWorld& world, const std::string& group, const std::string& slot_key, base::TimePoint until = {},
          std::initializer_list<model::Process> only = {}) {
  model::GroupRecord record = world.state.groups.at(group).record;
  record.holds.push_back({slot_key, "ann", "disk is copied", world.now, until, {}});
  for (const model::Process process : only) record.holds.back().only.Add(process);
  world.state.Apply(model::GroupRecorded{record});
}

std::uint32_t Pick(Random& random, std::uint32_t below) {
  return static_cast<std::uint32_t>(random() % below);
}

// "create web[0] missing", one a line.
std::string HeldBack(const model::Plan& plan) {
  std::string text;
  for (const model::PlanGroup& group : plan.groups) {
    for (const model::HeldChange& change : group.held) {
      text += std::string(change.replace ? "replace" : model::ActionKindName(change.kind)) + " " +
              model::NodeAddress{group.path, change.slot}.Display() + " " +
              std::string(model::ReasonName(change.reason)) + "\n";
    }
  }
  return text;
}

PlanWorld& Applied(PlanWorld& world, std::uint32_t size) {
  world.Group("web", size);
  world.PlanAndApply();
  return world;
}

}  // namespace

TEST_CASE("a held node is neither replaced nor updated, the others are") {
  PlanWorld world;
  Applied(world, 3);
  Hold(world, "web", "1");
  world.Group("web", 3, R"({"image":2})");
  const plan::Planned planned = world.Plan();
  CHECK(HeldBack(planned.plan) == "replace web[1] revision_changed\n");
  CHECK(DumpActions(planned.plan).find("web[1]") == std::string::npos);
  CHECK(planned.plan.counts.replace == 2);
  CHECK(planned.plan.counts.unchanged == 1);
  REQUIRE(planned.plan.groups[0].holds.size() == 1);
  CHECK(planned.plan.groups[0].holds[0].owner == "ann");
}

TEST_CASE("what a hold kept back is done once it has lapsed, and its end is told") {
  PlanWorld world;
  Applied(world, 2);
  Hold(world, "web", "0", world.now + std::chrono::minutes(5));
  world.Group("web", 2, R"({"image":2})");
  world.PlanAndApply();
  CHECK(world.Plan().plan.IsEmpty());
  world.now += std::chrono::minutes(5);
  const plan::Planned planned = world.Plan();
  CHECK(HeldBack(planned.plan) == "");
  CHECK(planned.plan.groups[0].holds.empty());
  CHECK(planned.plan.counts.replace == 1);
  CHECK(planned.state.groups.at("web").record.holds.empty());
  REQUIRE(planned.view.judged.size() == 2);
  const auto& event = std::get<model::EventRecorded>(planned.view.judged[0]).event;
  CHECK(event.kind == model::EventKind::kHoldLapsed);
  CHECK(event.slot_key == "0");
}

TEST_CASE("a smaller group takes its surplus from those that are not held") {
  PlanWorld world;
  Applied(world, 3);
  Hold(world, "web", "2");
  world.Group("web", 2);
  CHECK(world.Actions() == "destroy web[1]#1 size_down\n");
  Hold(world, "web", "0");
  Hold(world, "web", "1");
  const plan::Planned planned = world.Plan();
  CHECK(HeldBack(planned.plan) == "destroy web[2] size_down\n");
  CHECK(DumpActions(planned.plan).find("destroy") == std::string::npos);
}

TEST_CASE("a held node that is gone is not brought back, and a held group gets no new nodes") {
  PlanWorld world;
  Applied(world, 2);
  world.fake.Vanish(world.IdOf("web[1]"));
  Hold(world, "web", "1");
  CHECK(HeldBack(world.Plan().plan) == "create web[1] missing\n");
  CHECK(DumpActions(world.Heal().plan) == "");
  Hold(world, "web", "");
  world.Group("web", 4);
  const plan::Planned planned = world.Plan();
  CHECK(planned.plan.graph.actions.empty());
  CHECK(HeldBack(planned.plan) == "create web[1] missing\ncreate web[2] size_up\ncreate web[3] size_up\n");
  CHECK(planned.plan.groups[0].IsHeld());
}

TEST_CASE("a node that is kept from scale-in is replaced all the same, and the other way round") {
  PlanWorld world;
  Applied(world, 3);
  Hold(world, "web", "2", {}, {model::Process::kScaleIn});
  world.Group("web", 2, R"({"image":2})");
  plan::Planned planned = world.Plan();
  CHECK(HeldBack(planned.plan).empty());
  CHECK(DumpActions(planned.plan).find("web[2]") != std::string::npos);
  CHECK(planned.plan.counts.destroy == 1);
  CHECK(planned.plan.counts.replace == 2);

  PlanWorld other;
  Applied(other, 3);
  Hold(other, "web", "2", {}, {model::Process::kReplace});
  other.Group("web", 2, R"({"image":2})");
  planned = other.Plan();
  CHECK(HeldBack(planned.plan).empty());
  CHECK(planned.plan.counts.destroy == 1);
}

TEST_CASE("a group in which nothing may be created replaces nothing, shrinks, and brings nothing back") {
  PlanWorld world;
  Applied(world, 3);
  Hold(world, "web", "", {}, {model::Process::kCreate});
  world.Group("web", 2, R"({"image":2})");
  plan::Planned planned = world.Plan();
  CHECK(planned.plan.counts.replace == 0);
  CHECK(planned.plan.counts.create == 0);
  CHECK(planned.plan.counts.destroy == 1);
  CHECK_FALSE(planned.plan.groups[0].IsHeld());
  world.Group("web", 5);
  planned = world.Plan();
  CHECK(planned.plan.counts.create == 0);
}

TEST_CASE("a group in which nothing may be destroyed replaces nothing and keeps its surplus, and grows") {
  PlanWorld world;
  Applied(world, 3);
  Hold(world, "web", "", {}, {model::Process::kDestroy});
  world.Group("web", 2, R"({"image":2})");
  CHECK_FALSE(world.Plan().plan.counts.Any());
  world.Group("web", 4);
  CHECK(world.Plan().plan.counts.create == 1);
}

TEST_CASE("a group whose rollouts are held takes another size, and no other revision") {
  PlanWorld world;
  Applied(world, 3);
  Hold(world, "web", "", {}, {model::Process::kRollout});
  world.Group("web", 4, R"({"image":2})");
  const plan::Planned planned = world.Plan();
  CHECK(planned.plan.counts.replace == 0);
  CHECK(planned.plan.counts.create == 1);
  CHECK_THAT(plan::HoldSentence(planned.plan.groups[0].holds[0]), Catch::StartsWith("held (rollout) by ann since "));
}

TEST_CASE("an empty place that is held stays empty, and the group grows elsewhere") {
  PlanWorld world;
  Applied(world, 2);
  world.Group("web", 1);
  world.PlanAndApply();
  Hold(world, "web", "1");
  world.Group("web", 2);
  CHECK(world.Actions() == "create web[2]#1 size_up\n");
}

TEST_CASE("to destroy or replace a held node by name is refused, naming the hold") {
  PlanWorld world;
  Applied(world, 2);
  Hold(world, "web", "1");
  plan::PlanOptions options;
  options.replaces = {"web[1]"};
  const model::Plan replacing = world.Plan(options).plan;
  REQUIRE(replacing.diagnostics.HasErrors());
  CHECK(replacing.diagnostics.items()[0].message ==
        "web[1] is held by ann since 2027-01-15T08:00:00Z, without an end: disk is copied");
  CHECK(replacing.diagnostics.items()[0].remedy ==
        "`kadende unhold web[1]` lets go of it, or leave it out of what is asked for");
  options = {};
  options.destroy = true;
  const model::Plan destroying = world.Plan(options).plan;
  CHECK(destroying.diagnostics.HasErrors());
  CHECK(HeldBack(destroying) == "destroy web[1] group_removed\n");
}

TEST_CASE("a plan keeps what it says of holds when it is saved") {
  PlanWorld world;
  Applied(world, 2);
  Hold(world, "web", "1", world.now + std::chrono::hours(1));
  world.Group("web", 2, R"({"image":2})");
  const model::Plan plan = world.Plan().plan;
  auto read = model::PlanFromJson(model::PlanToJson(plan));
  REQUIRE(read);
  CHECK(read->groups[0].holds == plan.groups[0].holds);
  CHECK(HeldBack(*read) == HeldBack(plan));
}

TEST_CASE("no action of any plan is about a held node or group") {
  CHECK(rc::check([](std::uint32_t seed) {
    Random random(seed);
    PlanWorld world;
    for (const char* path : {"db", "web"}) {
      world.Group(path, Pick(random, 6) + 1, Pick(random, 2) == 0 ? R"({"image":1})" : R"({"a":"${node.name}"})");
    }
    world.PlanAndApply();
    std::map<std::string, std::set<std::string>> held;
    for (const char* path : {"db", "web"}) {
      for (const char* key : {"", "0", "2", "7"}) {
        if (Pick(random, *key == '\0' ? 5 : 2) != 0) continue;
        Hold(world, path, key);
        held[path].insert(key);
      }
    }
    for (const model::Instance& instance : world.fake.Instances()) {
      const auto what = Pick(random, 8);
      if (what == 0) world.fake.Vanish(instance.id);
      if (what == 1) world.fake.SetStatus(instance.id, model::InstanceStatus::kUnhealthy);
      if (what == 2) world.fake.SetStatus(instance.id, model::InstanceStatus::kTerminated);
    }
    for (auto& [key, row] : world.state.groups.at("web").nodes) row.tainted = Pick(random, 5) == 0;
    if (Pick(random, 3) == 0) world.CutCreate("web", Pick(random, 8), Pick(random, 2) == 0);
    if (Pick(random, 3) == 0) world.PutInstance("db", Pick(random, 3), 1);
    if (Pick(random, 4) == 0) world.Drop("db");
    world.Group("web", Pick(random, 7), R"({"image":3})");
    const auto untouched = [&held](const model::Plan& plan) {
      for (const model::Action& action : plan.graph.actions) {
        const std::set<std::string>& keys = held[plan.groups[action.group].path];
        if (action.kind == model::ActionKind::kGate) continue;
        RC_ASSERT(!keys.contains(""));
        if (action.kind != model::ActionKind::kSet) RC_ASSERT(!keys.contains(action.slot.Key()));
      }
    };
    untouched(world.Heal().plan);
    untouched(world.Plan().plan);
    plan::PlanOptions destroy;
    destroy.destroy = true;
    untouched(world.Plan(destroy).plan);
    world.Apply(world.Plan(), &random);
    for (const FakeCall& call : world.fake.Calls(CallKind::kDestroy)) {
      for (const auto& [path, keys] : held) {
        for (const auto& [key, row] : world.state.groups.at(path).nodes) {
          const bool is_held = keys.contains("") || keys.contains(row.slot.Key());
          RC_ASSERT(!is_held || row.instance_id != call.id || row.phase == model::NodePhase::kTombstone);
        }
      }
    }
  }));
}

}  // namespace kadende::test
