// Orders of replacement, against files in tests/golden/plan.
#include <catch2/catch.hpp>

#include "tests/engine/plan/plan_world.h"
#include "tests/support/golden.h"

namespace kadende::test {
namespace {

void CheckOrder(const std::string& name, const std::string& text) {
  CheckGolden(std::string(GOLDEN_DIR) + "/" + name + ".txt", text);
}

}  // namespace

TEST_CASE("rolling replace, launch-first, one at a time") {
  PlanWorld world;
  world.Group("web", 3);
  world.PlanAndApply();
  world.Group("web", 3, R"({"image":2})");
  CheckOrder("rolling_launch_first", world.Text());
}

TEST_CASE("rolling replace with a surge of half, while the group grows") {
  PlanWorld world;
  world.Group("web", 4);
  world.PlanAndApply();
  world.Group("web", 6, R"({"image":2})").policy.rollout.max_surge = {50, true};
  CheckOrder("rolling_surge_percent", world.Text());
}

TEST_CASE("a property that names the node makes destroy-first the default") {
  PlanWorld world;
  world.Group("web", 4, R"({"args":["a","${node.ordinal}"],"image":1})").policy.rollout.max_unavailable = {2, false};
  world.PlanAndApply();
  world.fake.Vanish(world.IdOf("web[3]"));
  world.Group("web", 4, R"({"args":["a","${node.ordinal}"],"image":2})");
  CheckOrder("rolling_destroy_first", world.Text());
}

TEST_CASE("groups that depend on each other are created in order and destroyed in reverse") {
  PlanWorld world;
  world.Group("data/db", 2);
  world.Group("web", 2).policy.depends_on = {"data"};
  CheckOrder("depends_on_create", world.Text());
  world.PlanAndApply();
  plan::PlanOptions destroy;
  destroy.destroy = true;
  CheckOrder("depends_on_destroy", world.Text(destroy));
}

TEST_CASE("a replacement that was cut off goes on with its own create") {
  PlanWorld world;
  world.Group("web", 2);
  world.PlanAndApply();
  world.Group("web", 2, R"({"image":2})");
  world.Apply(world.Plan(), nullptr, 0);
  world.CutCreate("web", 1, false);
  CheckOrder("rolling_settled", world.Text());
}

// A group that is looked at: gates stand behind its new nodes.
model::GroupSpec& Checked(PlanWorld& world, std::uint32_t size, const std::string& properties = "{\"image\":1}") {
  model::GroupSpec& group = world.Group("web", size, properties);
  group.policy.checks.resize(1);
  group.policy.checks[0].name = "ready";
  return group;
}

TEST_CASE("rolling replace with checks, launch-first: an old node goes once the new one is healthy") {
  PlanWorld world;
  Checked(world, 3);
  world.PlanAndApply();
  Checked(world, 3, R"({"image":2})");
  CheckOrder("gates_launch_first", world.Text());
}

TEST_CASE("rolling replace with checks, destroy-first: the lane goes on once the new node is healthy") {
  PlanWorld world;
  Checked(world, 3).policy.rollout.order = model::ReplaceOrder::kDestroyFirst;
  world.PlanAndApply();
  Checked(world, 3, R"({"image":2})");
  CheckOrder("gates_destroy_first", world.Text());
}

TEST_CASE("a bake time alone asks for gates too") {
  PlanWorld world;
  world.Group("web", 2).policy.rollout.bake = std::chrono::seconds(30);
  world.PlanAndApply();
  world.Group("web", 2, R"({"image":2})");
  CheckOrder("gates_bake", world.Text());
}

TEST_CASE("who depends on a group with checks waits for a gate of all its new nodes") {
  PlanWorld world;
  Checked(world, 2);
  world.Group("front", 1).policy.depends_on = {"web"};
  CheckOrder("gates_depends_on", world.Text());
}

TEST_CASE("an old node whose successor an earlier run made waits for that successor") {
  PlanWorld world;
  Checked(world, 2);
  world.PlanAndApply();
  Checked(world, 2, R"({"image":2})");
  world.Apply(world.Plan(), nullptr, 1);
  CheckOrder("gates_earlier_run", world.Text());
}

TEST_CASE("a successor that is replaced itself goes first, and the oldest waits for the next one") {
  PlanWorld world;
  Checked(world, 2);
  world.PlanAndApply();
  Checked(world, 2, R"({"image":2})");
  world.Apply(world.Plan(), nullptr, 1);
  Checked(world, 2, R"({"image":3})");
  CheckOrder("gates_replaced_successor", world.Text());
}

TEST_CASE("healing has no gates") {
  PlanWorld world;
  Checked(world, 3);
  world.PlanAndApply();
  world.fake.Vanish(world.IdOf("web[1]"));
  CHECK(DumpActions(world.Heal().plan).find("gate") == std::string::npos);
}

}  // namespace kadende::test
