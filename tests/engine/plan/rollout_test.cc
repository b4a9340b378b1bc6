// Orders of replacement, against files in tests/golden/plan. KADENDE_UPDATE_GOLDEN=1 writes them
// (tests/golden/update.sh).
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/engine/plan/plan_world.h"

namespace kadende::test {
namespace {

void CheckGolden(const std::string& name, const std::string& text) {
  const std::string path = std::string(GOLDEN_DIR) + "/" + name + ".txt";
  if (std::getenv("KADENDE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << text;
    return;
  }
  std::stringstream expected;
  expected << std::ifstream(path).rdbuf();
  INFO(path);
  CHECK(text == expected.str());
}

}  // namespace

TEST_CASE("rolling replace, launch-first, one at a time") {
  PlanWorld world;
  world.Group("web", 3);
  world.PlanAndApply();
  world.Group("web", 3, R"({"image":2})");
  CheckGolden("rolling_launch_first", world.Text());
}

TEST_CASE("rolling replace with a surge of half, while the group grows") {
  PlanWorld world;
  world.Group("web", 4);
  world.PlanAndApply();
  world.Group("web", 6, R"({"image":2})").policy.rollout.max_surge = {50, true};
  CheckGolden("rolling_surge_percent", world.Text());
}

TEST_CASE("a property that names the node makes destroy-first the default") {
  PlanWorld world;
  world.Group("web", 4, R"({"args":["a","${node.ordinal}"],"image":1})").policy.rollout.max_unavailable = {2, false};
  world.PlanAndApply();
  world.fake.Vanish(world.IdOf("web[3]"));
  world.Group("web", 4, R"({"args":["a","${node.ordinal}"],"image":2})");
  CheckGolden("rolling_destroy_first", world.Text());
}

TEST_CASE("groups that depend on each other are created in order and destroyed in reverse") {
  PlanWorld world;
  world.Group("data/db", 2);
  world.Group("web", 2).policy.depends_on = {"data"};
  CheckGolden("depends_on_create", world.Text());
  world.PlanAndApply();
  plan::PlanOptions destroy;
  destroy.destroy = true;
  CheckGolden("depends_on_destroy", world.Text(destroy));
}

TEST_CASE("a replacement that was cut off goes on with its own create") {
  PlanWorld world;
  world.Group("web", 2);
  world.PlanAndApply();
  world.Group("web", 2, R"({"image":2})");
  world.Apply(world.Plan(), nullptr, 0);
  world.CutCreate("web", 1, false);
  CheckGolden("rolling_settled", world.Text());
}

}  // namespace kadende::test
