// approval.destroyMoreThan: which plans need an approval of their own.
#include <catch2/catch.hpp>

#include "tests/engine/plan/plan_world.h"

using namespace kadende;
using test::PlanWorld;

namespace {

constexpr model::CountOrPercent kQuarter{25, true};

// "3 of 4 (25%)"; empty: none is needed.
std::string Need(const model::Plan& plan, std::size_t group = 0) {
  const auto& need = plan.groups.at(group).approval;
  if (!need) return "";
  return std::to_string(need->destroys) + " of " + std::to_string(need->of) + " (" + need->limit.ToText() + ")";
}

void Limit(PlanWorld& world, std::optional<model::CountOrPercent> limit) {
  for (model::GroupSpec& group : world.spec.groups) group.policy.destroy_more_than = limit;
}

PlanWorld& Applied(PlanWorld& world, std::uint32_t size, std::optional<model::CountOrPercent> limit) {
  world.Group("web", size);
  Limit(world, limit);
  world.PlanAndApply();
  return world;
}

}  // namespace

TEST_CASE("a group that shrinks by no more than the limit needs no approval") {
  PlanWorld world;
  Applied(world, 4, kQuarter).Group("web", 3);
  CHECK(Need(world.Plan().plan).empty());
  CHECK(!world.Plan().plan.NeedsApproval());
  world.Group("web", 2);
  CHECK(Need(world.Plan().plan) == "2 of 4 (25%)");
  CHECK(world.Plan().plan.NeedsApproval());
}

TEST_CASE("a share of few nodes is none at all") {
  PlanWorld world;
  Applied(world, 3, kQuarter).Group("web", 2);
  CHECK(Need(world.Plan().plan) == "1 of 3 (25%)");
}

TEST_CASE("a count as limit, and none") {
  PlanWorld world;
  Applied(world, 4, model::CountOrPercent{2, false}).Group("web", 2);
  CHECK(Need(world.Plan().plan).empty());
  world.Group("web", 1);
  CHECK(Need(world.Plan().plan) == "3 of 4 (2)");
  PlanWorld without;
  Applied(without, 4, std::nullopt).Group("web", 0);
  CHECK(Need(without.Plan().plan).empty());
}

TEST_CASE("who takes the limit out of the file, or loosens it, does not get around it in the same plan") {
  for (const auto& loosened :
       {std::optional<model::CountOrPercent>(), std::optional(model::CountOrPercent{99, true})}) {
    PlanWorld world;
    Applied(world, 4, kQuarter).Group("web", 1);
    Limit(world, loosened);
    const model::Plan plan = world.Plan().plan;
    CHECK(Need(plan) == "3 of 4 (25%)");
    CHECK(plan.groups[0].policy_changes.size() == 1);
  }
}

TEST_CASE("a limit that the file makes stricter counts at once") {
  PlanWorld world;
  Applied(world, 4, std::nullopt).Group("web", 1);
  Limit(world, kQuarter);
  CHECK(Need(world.Plan().plan) == "3 of 4 (25%)");
}

TEST_CASE("a group that leaves the file, or is renamed without saying so") {
  PlanWorld world;
  Applied(world, 4, kQuarter).Drop("web");
  CHECK(Need(world.Plan().plan) == "4 of 4 (25%)");
  world.Group("renamed", 4);
  Limit(world, kQuarter);
  CHECK(Need(world.Plan().plan, 1) == "4 of 4 (25%)");
}

TEST_CASE("destroying everything, by what is in force and by a file that was not applied yet") {
  PlanWorld world;
  plan::PlanOptions options;
  options.destroy = true;
  Applied(world, 4, kQuarter);
  CHECK(Need(world.Plan(options).plan) == "4 of 4 (25%)");
  PlanWorld other;
  Applied(other, 4, std::nullopt);
  CHECK(Need(other.Plan(options).plan).empty());
  options.destroy_more_than = kQuarter;
  CHECK(Need(other.Plan(options).plan) == "4 of 4 (25%)");
}

TEST_CASE("a rolling replacement keeps the size") {
  PlanWorld world;
  Applied(world, 8, kQuarter).Group("web", 8, R"({"image":2})");
  CHECK(world.Plan().plan.counts.replace == 8);
  CHECK(Need(world.Plan().plan).empty());
}

TEST_CASE("where the old instance goes first, as many count as may be away at once") {
  PlanWorld world;
  Applied(world, 8, kQuarter);
  model::GroupSpec& web = world.Group("web", 8, R"({"image":2})");
  web.policy.rollout.order = model::ReplaceOrder::kDestroyFirst;
  CHECK(Need(world.Plan().plan).empty());  // one at a time
  web.policy.rollout.max_unavailable = {100, true};
  CHECK(Need(world.Plan().plan) == "8 of 8 (25%)");
}

TEST_CASE("what is gone already, and strays, are no loss") {
  PlanWorld world;
  Applied(world, 4, kQuarter).Group("web", 2);
  world.fake.Vanish(world.IdOf("web[2]"));
  world.fake.Vanish(world.IdOf("web[3]"));
  CHECK(Need(world.Plan().plan).empty());
}

TEST_CASE("healing asks nobody") {
  PlanWorld world;
  Applied(world, 4, model::CountOrPercent{0, false});
  world.fake.SetStatus(world.IdOf("web[0]"), model::InstanceStatus::kTerminated);
  const model::Plan plan = world.Heal().plan;
  CHECK(plan.counts.replace == 1);
  CHECK(!plan.NeedsApproval());
  CHECK(plan.hash.IsZero());
}
