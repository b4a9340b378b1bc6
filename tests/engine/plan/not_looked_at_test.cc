// Groups whose provider may not be asked: planned from what is recorded, and nothing is lost for it.
#include <catch2/catch.hpp>

#include "engine/model/plan_compare.h"
#include "engine/model/plan_json.h"
#include "tests/engine/plan/plan_world.h"

namespace kadende::test {
namespace {

const model::PlanGroup& Only(const plan::Planned& planned) {
  REQUIRE(planned.plan.groups.size() == 1);
  return planned.plan.groups[0];
}

}  // namespace

TEST_CASE("a new group of a provider that is not trusted is planned without asking it") {
  PlanWorld world;
  world.providers.untrusted = "fake";
  world.Group("web", 2);
  const plan::Planned planned = world.Plan();
  CHECK(Only(planned).not_looked_at == "`fake` is not trusted");
  CHECK(Only(planned).frozen.empty());
  CHECK(planned.plan.counts.create == 2);
  CHECK(world.fake.Calls().empty());
}

TEST_CASE("nodes that may not be looked at are taken as they are recorded, also where the world has lost them") {
  PlanWorld world;
  world.Group("web", 3);
  world.PlanAndApply();
  world.fake.Vanish(world.IdOf("web[1]"));
  world.fake.ForgetCalls();
  world.providers.untrusted = "fake";
  const plan::Planned planned = world.Plan();
  CHECK(planned.plan.graph.actions.empty());
  CHECK(Only(planned).counts.unchanged == 3);
  CHECK(!Only(planned).not_looked_at.empty());
  CHECK(world.fake.Calls().empty());
}

TEST_CASE("what the file says of such a group is planned all the same") {
  PlanWorld world;
  world.Group("web", 3);
  world.PlanAndApply();
  world.providers.untrusted = "fake";
  world.Group("web", 2);
  CHECK(world.Plan().plan.counts.destroy == 1);
  world.Drop("web");
  const plan::Planned removed = world.Plan();
  CHECK(removed.plan.counts.destroy == 3);
  CHECK(!Only(removed).not_looked_at.empty());
}

TEST_CASE("a plan that was made without looking does what one that looks does, where the world is as recorded") {
  PlanWorld world;
  world.Group("web", 2);
  world.providers.untrusted = "fake";
  const plan::Planned blind = world.Plan();
  world.providers.untrusted.clear();
  const plan::Planned seeing = world.Plan();
  CHECK(model::ComparePlans(blind.plan, seeing.plan).differences.empty());
  CHECK(blind.plan.hash == seeing.plan.hash);
}

TEST_CASE("plugins that are pinned anew are of the plan, of its hash and of its document") {
  PlanWorld world;
  world.Group("web", 1);
  const base::Digest before = world.Plan().plan.hash;
  plan::PlanOptions options;
  options.plugins = {{"fake", "1.0", "https://h/fake", {{"any", base::Sha256("one")}}}};
  const plan::Planned planned = world.Plan(options);
  CHECK(planned.plan.plugins == options.plugins);
  CHECK(planned.plan.hash != before);
  const auto read = model::PlanFromJson(model::PlanToJson(planned.plan));
  REQUIRE(read);
  CHECK(read->plugins == options.plugins);
  CHECK(model::PlanHash(*read) == planned.plan.hash);
  options.plugins[0].hashes["any"] = base::Sha256("another");
  const auto compared = model::ComparePlans(planned.plan, world.Plan(options).plan);
  REQUIRE(compared.differences.size() == 1);
  CHECK(compared.differences[0] == "plugin fake was pinned to another file");
}

TEST_CASE("a plugin that is pinned as it was applied is nothing new") {
  PlanWorld world;
  world.Group("web", 1);
  plan::PlanOptions options;
  options.plugins = {{"fake", "1.0", "", {{"any", base::Sha256("one")}}}};
  world.state.cluster.plugins = options.plugins;
  CHECK(world.Plan(options).plan.plugins.empty());
}

}  // namespace kadende::test
