// --target: what is planned beside the groups that were named.
#include <catch2/catch.hpp>

#include "tests/engine/plan/plan_world.h"

using namespace kadende;
using test::DumpActions;
using test::PlanWorld;

namespace {

plan::PlanOptions Targeting(std::string group) {
  plan::PlanOptions options;
  options.targets = {std::move(group)};
  return options;
}

// web needs the folder data, data/db needs net; other stands alone.
void Tiers(PlanWorld& world) {
  world.Group("data/cache", 1);
  world.Group("data/db", 1).policy.depends_on = {"net"};
  world.Group("net", 1);
  world.Group("other", 1);
  world.Group("web", 1).policy.depends_on = {"data"};
}

}  // namespace

TEST_CASE("a target takes along what it depends on, over all steps") {
  PlanWorld world;
  Tiers(world);
  const model::Plan plan = world.Plan(Targeting("web")).plan;
  CHECK(plan.counts.create == 4);
  CHECK(plan.notes == std::vector<std::string>{"data/cache is included: web depends on it",
                                               "data/db is included: web depends on it",
                                               "net is included: data/db depends on it"});
  CHECK(plan.targets == std::vector<std::string>{"web"});
  CHECK(world.Plan(Targeting("net")).plan.counts.create == 1);
}

TEST_CASE("a target to destroy takes along what depends on it") {
  PlanWorld world;
  Tiers(world);
  world.PlanAndApply();
  plan::PlanOptions options = Targeting("net");
  options.destroy = true;
  const model::Plan plan = world.Plan(options).plan;
  CHECK(plan.counts.destroy == 3);
  CHECK(plan.notes ==
        std::vector<std::string>{"data/db is included: it depends on net", "web is included: it depends on data/db"});
  options.targets = {"web"};
  CHECK(world.Plan(options).plan.counts.destroy == 1);
}

TEST_CASE("what a target depends on and has no changes is not touched") {
  PlanWorld world;
  Tiers(world);
  world.PlanAndApply();
  world.Group("web", 2);
  CHECK(DumpActions(world.Plan(Targeting("web")).plan) == "create web[1]#1 size_up\n");
}
