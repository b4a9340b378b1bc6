// What the world proves and what it does not.
#include <catch2/catch.hpp>

#include "tests/engine/plan/plan_world.h"

namespace kadende::test {
namespace {

const std::string& Frozen(const plan::Planned& planned) {
  return planned.plan.groups.at(0).frozen;
}

}  // namespace

TEST_CASE("a provider that can not be listed freezes its groups and kills nothing") {
  PlanWorld world;
  world.Group("web", 2);
  world.PlanAndApply();
  world.fake.on_call = [](const FakeCall&) { return FakeAnswer::Fail(base::ErrorCode::kDenied, "no credentials"); };
  world.Group("web", 1);
  const plan::Planned planned = world.Plan();
  CHECK(planned.plan.graph.actions.empty());
  CHECK(Frozen(planned) == "provider `fake` could not be listed: no credentials");
}

TEST_CASE("a listing of another scope freezes and names both") {
  PlanWorld world;
  world.Group("web", 2);
  world.PlanAndApply();
  world.fake.SetScope("account-2");
  for (const std::string& id : {world.IdOf("web[0]"), world.IdOf("web[1]")}) world.fake.Vanish(id);
  const plan::Planned planned = world.Plan();
  CHECK(planned.plan.graph.actions.empty());
  CHECK(Frozen(planned).find("recorded in scope fake:{}, but what is listed now is scope account-2") !=
        std::string::npos);
}

TEST_CASE("the scope of a revision that came to no node does not bind") {
  PlanWorld world;
  world.Group("web", 2);
  world.Apply(world.Plan(), nullptr, 0);  // every create failed
  REQUIRE(world.state.groups.at("web").nodes.empty());
  world.state.groups.at("web").record.revisions.at(0).scope = "account-1";
  const plan::Planned planned = world.Plan();
  CHECK(Frozen(planned).empty());
  CHECK(planned.plan.counts.create == 2);
  CHECK(planned.plan.groups.at(0).revisions.at(0).scope == "fake:{}");
  world.Apply(planned);
  CHECK(world.Plan().plan.graph.actions.empty());
}

TEST_CASE("an eventual listing that lost much or all proves nothing") {
  PlanWorld world;
  world.fake.manifest.listing = model::Listing::kEventual;
  world.Group("web", 5);
  world.PlanAndApply();
  world.now += std::chrono::hours(1);
  for (int i = 0; i < 3; ++i) world.fake.Vanish(world.IdOf("web[" + std::to_string(i) + "]"));
  CHECK(world.Plan().plan.graph.actions.empty());
}

TEST_CASE("an eventual listing that lacks one old node twice is believed, a young one is not") {
  PlanWorld world;
  world.fake.manifest.listing = model::Listing::kEventual;
  world.Group("web", 5);
  world.PlanAndApply();
  world.fake.Vanish(world.IdOf("web[0]"));
  CHECK(world.Plan().plan.graph.actions.empty());
  world.now += std::chrono::hours(1);
  CHECK(world.Actions() ==
        "forget web[0]#1 missing\n"
        "create web[0]#2 missing after 0\n");
}

TEST_CASE("what a listing is late with is described") {
  PlanWorld world;
  world.Group("web", 2);
  world.PlanAndApply();
  world.fake.Hide(world.IdOf("web[0]"), true);
  CHECK(world.Plan().plan.IsEmpty());
}

TEST_CASE("an incarnation that was given up is a stray, one that was never issued freezes") {
  PlanWorld world;
  world.Group("web", 2);
  world.PlanAndApply();
  plan::PlanOptions replace;
  replace.replaces = {"web[1]"};
  world.PlanAndApply(replace);
  world.PutInstance("web", 1, 1);
  CHECK(world.Actions() == "destroy web[1]#1 stray\n");
  world.PutInstance("web", 0, 7);
  const plan::Planned planned = world.Plan();
  CHECK(planned.plan.graph.actions.empty());
  CHECK(Frozen(planned).find("is incarnation 7 of web[0], and this state has issued none above 1") !=
        std::string::npos);
  CHECK(Frozen(planned).find("`kadende state pull`") != std::string::npos);
}

TEST_CASE("a second instance with a node's token is a stray") {
  PlanWorld world;
  world.Group("web", 1);
  world.PlanAndApply();
  const std::string extra = world.PutInstance("web", 0, 1);
  const plan::Planned planned = world.Plan();
  REQUIRE(planned.plan.graph.actions.size() == 1);
  CHECK(planned.plan.graph.actions[0].instance_id == extra);
  CHECK(planned.plan.graph.actions[0].reason == model::Reason::kStray);
}

TEST_CASE("strays are reported or adopted where the policy says so") {
  PlanWorld world;
  world.Group("web", 2).policy.orphans = model::OrphanPolicy::kAdopt;
  world.PlanAndApply();
  const std::string id = world.IdOf("web[1]");
  world.state.Apply(model::NodeGone{"web", {1, {}}, 1, world.now});
  CHECK(world.Actions() == "adopt web[1]#1 stray\n");
  world.PlanAndApply();
  CHECK(world.IdOf("web[1]") == id);
  world.state.Apply(model::NodeGone{"web", {1, {}}, 1, world.now});
  world.Group("web", 1).policy.orphans = model::OrphanPolicy::kReport;
  CHECK(world.Actions().find("destroy") == std::string::npos);
}

TEST_CASE("a create that landed unseen is settled as its node") {
  PlanWorld world;
  world.Group("web", 1);
  world.PlanAndApply();
  world.CutCreate("web", 1, true);
  world.Group("web", 2);
  const plan::Planned planned = world.Plan();
  CHECK(planned.view.settled.size() == 1);
  CHECK(planned.state.intents.empty());
  CHECK(planned.plan.groups[0].counts.unchanged == 2);
}

TEST_CASE("a create that is settled gives its revision the scope where it was found") {
  PlanWorld world;
  world.Group("web", 1);
  world.PlanAndApply();
  world.state.groups.at("web").record.revisions.at(0).scope.clear();
  world.CutCreate("web", 1, true);
  world.CutCreate("web", 2, true);
  const plan::Planned planned = world.Heal();
  CHECK(planned.view.settled.size() == 3);
  CHECK(planned.state.groups.at("web").LiveCount() == 3);
  CHECK(planned.state.groups.at("web").record.revisions.at(0).scope == "fake:{}");
}

TEST_CASE("a replacement that landed unseen and is ending leaves the old node in place") {
  PlanWorld world;
  world.Group("web", 1);
  world.PlanAndApply();
  world.CutCreate("web", 0, true);
  world.fake.SetStatus(world.fake.FindByNode("web[0]")->id, model::InstanceStatus::kTerminating);
  const plan::Planned planned = world.Plan();
  CHECK(planned.state.groups.at("web").Live(0)->incarnation == 1);
  CHECK(planned.state.groups.at("web").nodes.at({0, 2}).phase == model::NodePhase::kLeaving);
  CHECK(DumpActions(planned.plan) == "destroy web[0]#2 replaced\n");
}

TEST_CASE("an open destroy is settled when its instance is gone, and repeated when it is not") {
  PlanWorld world;
  world.Group("web", 2);
  world.PlanAndApply();
  model::Intent intent;
  intent.kind = model::IntentKind::kDestroy;
  intent.node = {"web", {1, {}}};
  intent.incarnation = 1;
  intent.instance_id = world.IdOf("web[1]");
  world.state.Apply(model::IntentWritten{intent});
  CHECK(world.Actions() ==
        "destroy web[1]#1 interrupted\n"
        "create web[1]#2 interrupted\n");
  world.fake.Vanish(intent.instance_id);
  const plan::Planned planned = world.Plan();
  CHECK(planned.state.intents.empty());
  CHECK(DumpActions(planned.plan) == "create web[1]#2 interrupted\n");
}

TEST_CASE("open destroys of strays are asked about together, and those that are gone are cleared") {
  PlanWorld world;
  world.Group("web", 1);
  world.PlanAndApply();
  const std::string hidden = world.PutInstance("web", 0, 9);
  world.fake.Hide(hidden, true);
  for (std::uint32_t incarnation = 2; incarnation <= 4; ++incarnation) {
    model::Intent intent;
    intent.kind = model::IntentKind::kDestroy;
    intent.node = {"web", {0, {}}};
    intent.incarnation = incarnation;
    intent.instance_id = incarnation == 3 ? hidden : "i-gone-" + std::to_string(incarnation);
    intent.stray_provider.name = "fake";
    intent.stray_scope_config = "{}";
    world.state.Apply(model::IntentWritten{intent});
  }
  world.fake.ForgetCalls();
  const plan::Planned planned = world.Plan();
  CHECK(world.fake.Calls(CallKind::kDescribe).size() == 1);
  REQUIRE(planned.state.intents.size() == 1);
  CHECK(planned.state.intents.begin()->second.instance_id == hidden);
}

TEST_CASE("a first apply refuses where another lineage has the name") {
  PlanWorld world;
  world.Group("web", 1);
  world.PutInstance("web", 0, 1);
  auto planned = world.TryPlan();
  REQUIRE_FALSE(planned);
  CHECK(planned.error().code == base::ErrorCode::kConflict);
  plan::PlanOptions options;
  options.new_lineage = true;
  CHECK(world.Actions(options) == "create web[0]#1 size_up\n");
}

TEST_CASE("offline, everything is taken as recorded") {
  PlanWorld world;
  world.Group("web", 2);
  world.PlanAndApply();
  world.fake.Vanish(world.IdOf("web[0]"));
  world.fake.ForgetCalls();
  plan::PlanOptions options;
  options.offline = true;
  CHECK(world.Plan(options).plan.IsEmpty());
  CHECK(world.fake.Calls().empty());
}

TEST_CASE("a provider that this build lacks is an error in the file and a freeze in state") {
  PlanWorld world;
  world.Group("web", 1);
  world.PlanAndApply();
  world.Group("web", 1).provider.name = "aws";
  CHECK(world.TryPlan().error().message == "group `web`: this build has no provider `aws`; it has: fake");
  world.providers = {};
  const plan::Planned planned = world.Heal();
  CHECK(Frozen(planned) == "this build has no provider `fake`; it has: ");
}

TEST_CASE("listings are paged, and each place is listed once") {
  PlanWorld world;
  world.fake.page_size = 2;
  world.Group("db", 2);
  world.Group("web", 3);
  world.PlanAndApply();
  world.fake.ForgetCalls();
  CHECK(world.Plan().plan.IsEmpty());
  CHECK(world.fake.Calls().size() == 3);
}

TEST_CASE("what says where instances live can not depend on the node") {
  PlanWorld world;
  world.fake.manifest.scope_properties = {"cloud"};
  world.Group("web", 1, R"({"cloud":"c-${node.ordinal}"})");
  CHECK(world.TryPlan().error().message ==
        "group `web`: resourceProperties: `cloud` says where instances live and can not use node.* or secret.* values");
}

}  // namespace kadende::test
