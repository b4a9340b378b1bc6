// What a plan says of creates whose outcome nobody can know yet.
#include <catch2/catch.hpp>

#include "tests/engine/plan/plan_world.h"

using namespace kadende;
using test::PlanWorld;

namespace {

// web[1]'s create was cut off, and the provider cannot repeat it.
void CutOff(PlanWorld& world) {
  world.fake.manifest.idempotent_tokens = false;
  world.Group("web", 2).policy.timeouts.create = std::chrono::minutes(5);
  world.Group("web", 1);
  world.PlanAndApply();
  world.Group("web", 2);
  world.CutCreate("web", 1, false);
}

}  // namespace

TEST_CASE("a plan names the creates that apply waits for, and until when") {
  PlanWorld world;
  CutOff(world);
  const std::string until = base::FormatRfc3339(world.now + std::chrono::minutes(5));
  CHECK(world.Plan().plan.groups[0].notes ==
        std::vector<std::string>{"1 create of an earlier run may still land (web[1]), and the provider cannot say: "
                                 "apply waits until " +
                                 until + " at the longest (timeouts.create), then it takes it for failed"});
  world.Group("web", 1);  // not wanted any more: waited for all the same
  CHECK(world.Plan().plan.groups[0].notes.size() == 1);
}

TEST_CASE("what is over, or can be repeated, is not waited for") {
  PlanWorld world;
  CutOff(world);
  world.fake.manifest.idempotent_tokens = true;
  CHECK(world.Plan().plan.groups[0].notes.empty());
  world.fake.manifest.idempotent_tokens = false;
  world.now += std::chrono::minutes(5);
  CHECK(world.Plan().plan.groups[0].notes.empty());
}
