// What changes on which slot, and why: one situation a test.
#include <catch2/catch.hpp>

#include "engine/plan/create_backoff.h"
#include "tests/engine/plan/plan_world.h"

namespace kadende::test {
namespace {

plan::PlanOptions Replacing(std::vector<std::string> nodes) {
  plan::PlanOptions options;
  options.replaces = std::move(nodes);
  return options;
}

}  // namespace

TEST_CASE("a new group is created without edges") {
  PlanWorld world;
  world.Group("web", 3);
  CHECK(world.Actions() ==
        "create web[0]#1 size_up\n"
        "create web[1]#1 size_up\n"
        "create web[2]#1 size_up\n");
}

TEST_CASE("a plan after apply is empty") {
  PlanWorld world;
  world.Group("web", 3);
  world.PlanAndApply();
  const plan::Planned again = world.Plan();
  CHECK(again.plan.IsEmpty());
  CHECK(again.plan.counts.unchanged == 3);
}

TEST_CASE("a group that grows fills the lowest free slots") {
  PlanWorld world;
  world.Group("web", 4);
  world.PlanAndApply();
  world.Row("web[1]").tainted = true;
  world.Group("web", 3);
  CHECK(world.Actions() == "destroy web[1]#1 size_down\n");
  world.PlanAndApply();
  world.Group("web", 5);
  CHECK(world.Actions() ==
        "create web[1]#2 size_up\n"
        "create web[4]#1 size_up\n");
}

TEST_CASE("surplus leaves by the deletion order") {
  PlanWorld world;
  world.Group("web", 6);
  world.PlanAndApply();
  world.fake.SetStatus(world.IdOf("web[1]"), model::InstanceStatus::kUnhealthy);
  world.Row("web[2]").tainted = true;
  world.fake.Vanish(world.IdOf("web[3]"));
  world.Group("web", 2);
  CHECK(world.Actions() ==
        "destroy web[1]#1 size_down\n"
        "destroy web[2]#1 size_down\n"
        "forget web[3]#1 size_down\n"
        "destroy web[5]#1 size_down\n");
}

TEST_CASE("what vanished is forgotten and created, what terminated is replaced at once") {
  PlanWorld world;
  world.Group("web", 3);
  world.PlanAndApply();
  world.fake.Vanish(world.IdOf("web[0]"));
  world.fake.SetStatus(world.IdOf("web[1]"), model::InstanceStatus::kTerminated);
  CHECK(world.Actions() ==
        "forget web[0]#1 missing\n"
        "create web[0]#2 missing after 0\n"
        "create web[1]#2 terminated replace\n"
        "destroy web[1]#1 terminated replace after 2\n");
}

TEST_CASE("tainted, unhealthy and requested nodes are replaced, broken ones first") {
  PlanWorld world;
  world.Group("web", 3);
  world.PlanAndApply();
  world.Row("web[0]").tainted = true;
  world.fake.SetStatus(world.IdOf("web[2]"), model::InstanceStatus::kUnhealthy, "disk");
  CHECK(world.Actions(Replacing({"web-1"})) ==
        "create web[2]#2 unhealthy replace\n"
        "destroy web[2]#1 unhealthy replace after 0\n"
        "create web[0]#2 tainted replace after 1\n"
        "destroy web[0]#1 tainted replace after 2\n"
        "create web[1]#2 requested replace after 3\n"
        "destroy web[1]#1 requested replace after 4\n");
}

TEST_CASE("a mutable property and a label change in place") {
  PlanWorld world;
  world.fake.manifest.mutable_properties = {"tags"};
  world.Group("web", 1, R"({"image":1,"tags":["a","b"]})").labels = {{"tier", "x"}};
  world.PlanAndApply();
  world.Group("web", 1, R"({"image":1,"tags":["a","c"]})");
  CHECK(world.Actions() == "update web[0]#1 properties_changed\n");
  world.PlanAndApply();
  world.Group("web", 1, R"({"image":1,"tags":["a","c"]})").labels = {{"tier", "y"}};
  CHECK(world.Actions() == "update web[0]#1 labels_changed\n");
  world.PlanAndApply();
  CHECK(world.Plan().plan.IsEmpty());
}

TEST_CASE("a policy changes no node and is set once") {
  PlanWorld world;
  world.Group("web", 2);
  world.PlanAndApply();
  world.Group("web", 2).policy.rollout.max_surge = {2, false};
  const plan::Planned planned = world.Plan();
  CHECK(DumpActions(planned.plan) == "set web policy_changed\n");
  CHECK(planned.plan.groups[0].policy_changes == std::vector<std::string>{"rollout.maxSurge: 1 -> 2"});
  world.PlanAndApply();
  CHECK(world.Plan().plan.IsEmpty());
}

TEST_CASE("logical ids keep their ordinals when others come and go") {
  PlanWorld world;
  world.Ids("db", {"a", "b", "c"});
  world.PlanAndApply();
  world.Ids("db", {"c", "d"});
  world.PlanAndApply();
  CHECK(world.Row("db[d]").slot.ordinal == 3);
  world.Ids("db", {"a", "c", "d"});
  CHECK(world.Actions() == "create db[a]#2 size_up\n");
  world.PlanAndApply();
  CHECK(world.Row("db[a]").slot.ordinal == 0);
}

TEST_CASE("a removed group is destroyed, and what protects it refuses") {
  PlanWorld world;
  world.Group("web", 2).policy.prevent_destroy = true;
  world.Group("db", 1);
  world.PlanAndApply();
  world.Drop("db");
  CHECK(world.Actions() == "destroy db[0]#1 group_removed\n");
  world.Drop("web");
  CHECK(base::Render(world.Plan().plan.diagnostics) ==
        "error: this plan would destroy web[0], web[1], which preventDestroy forbids (groups.web.preventDestroy)\n"
        "    set preventDestroy: false and apply that first, or take the change back\n");
}

TEST_CASE("a renamed group keeps its machines and tags them anew") {
  PlanWorld world;
  world.Group("frontend", 2);
  world.PlanAndApply();
  world.Drop("frontend");
  world.Group("web", 2).moved_from = "frontend";
  CHECK(world.Actions() ==
        "update web[0]#1 moved\n"
        "update web[1]#1 moved\n");
  world.PlanAndApply();
  CHECK(world.Plan().plan.IsEmpty());
  CHECK(world.fake.created() == 2);
}

TEST_CASE("a renamed cluster changes no node") {
  PlanWorld world;
  world.Group("web", 1);
  world.PlanAndApply();
  world.spec.name = "store";
  CHECK(world.Actions() == "set web moved\n");
  CHECK(world.Plan().plan.renamed_from == "shop");
}

TEST_CASE("an interrupted apply is continued, and abandon returns") {
  PlanWorld world;
  world.Group("web", 1);
  world.PlanAndApply();
  world.Group("web", 3);
  world.Apply(world.Plan(), nullptr, 1);
  const plan::Planned planned = world.Plan();
  CHECK(planned.plan.continues_run);
  CHECK(DumpActions(planned.plan) == "create web[2]#1 size_up\n");
  plan::PlanOptions abandon;
  abandon.abandon = true;
  CHECK(world.Actions(abandon) == "destroy web[1]#1 size_down\n");
}

TEST_CASE("an open create is gone on with where it is wanted, and destroyed where it is not") {
  PlanWorld world;
  world.Group("web", 1);
  world.PlanAndApply();
  world.CutCreate("web", 1, false);
  CHECK(world.Actions() == "destroy web[1]#1 interrupted settle\n");
  world.Group("web", 2);
  CHECK(world.Actions() == "create web[1]#1 size_up settle\n");
  world.PlanAndApply();
  CHECK(world.Plan().plan.IsEmpty());
  CHECK(world.state.intents.empty());
}

TEST_CASE("targets narrow a plan, and unknown ones name what there is") {
  PlanWorld world;
  world.Group("data/cache", 1);
  world.Group("data/db", 1);
  world.Group("web", 1);
  plan::PlanOptions options;
  options.targets = {"data"};
  CHECK(world.Actions(options) ==
        "create data/cache[0]#1 size_up\n"
        "create data/db[0]#1 size_up\n");
  options.targets = {"webb"};
  CHECK(world.TryPlan(options).error().message == "no group `webb` to target; did you mean `web`?");
  CHECK(world.TryPlan(Replacing({"web[0]"})).error().message == "no node `web[0]` to replace; there are none yet");
}

TEST_CASE("a group whose first apply was cut off keeps its policy when it leaves the file") {
  PlanWorld world;
  model::GroupSpec& group = world.Group("web", 2);
  group.policy.prevent_destroy = true;
  group.policy.orphans = model::OrphanPolicy::kReport;
  group.policy.timeouts.destroy = std::chrono::seconds(77);
  world.Apply(world.Plan(), nullptr, 1);
  world.state.Apply(model::CreateFailed{"web", {1, {}}, 1, world.now});
  world.PutInstance("web", 1, 1);
  world.Drop("web");
  const model::Plan plan = world.Plan().plan;
  CHECK(plan.diagnostics.HasErrors());
  CHECK(plan.groups[0].before.policy.timeouts.destroy == std::chrono::seconds(77));
  CHECK(DumpActions(plan) == "destroy web[0]#1 group_removed\n");
}

TEST_CASE("of the logical ids that are added, those in force were interrupted and one stray each is adopted") {
  PlanWorld world;
  world.Ids("db", {"d", "b", "c", "a"}).policy.orphans = model::OrphanPolicy::kAdopt;
  world.PlanAndApply();
  const model::NodeRecord lost = world.Row("db[c]");
  world.state.Apply(model::NodeGone{"db", lost.slot, lost.incarnation, world.now});
  const model::NodeRecord gone = world.Row("db[a]");
  world.fake.Vanish(gone.instance_id);
  world.state.Apply(model::NodeGone{"db", gone.slot, gone.incarnation, world.now});
  world.Ids("db", {"d", "b", "c", "a", "e"});
  CHECK(world.Actions() ==
        "adopt db[c]#1 stray\n"
        "create db[a]#2 interrupted\n"
        "create db[e]#1 size_up\n");
}

TEST_CASE("healing waits without acting for a create that can not be repeated and may still land") {
  PlanWorld world;
  world.fake.manifest.idempotent_tokens = false;
  world.Group("web", 1);
  world.PlanAndApply();
  world.CutCreate("web", 1, false);
  plan::Planned healing = world.Heal();
  CHECK(healing.plan.graph.actions.empty());
  REQUIRE(healing.plan.groups[0].notes.size() == 1);
  CHECK(healing.plan.groups[0].notes[0].starts_with("1 create of earlier runs may still land; waiting until "));
  world.now += healing.plan.groups[0].after.policy.timeouts.create;
  CHECK(DumpActions(world.Heal().plan).find("create web[1]#1 size_up settle") == 0);
  world.fake.manifest.idempotent_tokens = true;
  world.now -= healing.plan.groups[0].after.policy.timeouts.create;
  CHECK(DumpActions(world.Heal().plan).find("create web[1]#1 size_up settle") == 0);
}

TEST_CASE("healing brings back what is gone and leaves the rest") {
  PlanWorld world;
  world.Group("web", 4);
  world.PlanAndApply();
  world.Row("web[0]").tainted = true;
  world.fake.SetStatus(world.IdOf("web[1]"), model::InstanceStatus::kUnhealthy);
  world.fake.SetStatus(world.IdOf("web[2]"), model::InstanceStatus::kTerminated);
  CHECK(DumpActions(world.Heal().plan) ==
        "create web[2]#2 terminated replace\n"
        "destroy web[2]#1 terminated replace after 0\n");
  model::GroupRecord& record = world.state.groups["web"].record;
  record.backoff = plan::AfterFailure({}, record.current.revision, record.current.policy, "no room", world.now);
  CHECK(world.Heal().plan.groups[0].notes ==
        std::vector<std::string>{"1 create held back until 2027-01-15T08:00:05Z after 1 failure: no room"});
}

TEST_CASE("healing starts no rollout and destroys no surplus of an unfinished run") {
  PlanWorld world;
  world.Group("web", 3);
  world.PlanAndApply();
  world.Group("web", 2, R"({"image":2})");
  world.Apply(world.Plan(), nullptr, 0);
  CHECK(world.Heal().plan.graph.actions.empty());
  const base::Digest old = world.Row("web[1]").revision;
  world.fake.Vanish(world.IdOf("web[1]"));
  const plan::Planned healing = world.Heal();
  REQUIRE(healing.plan.graph.actions.size() == 2);
  const model::Action& create = healing.plan.graph.actions[1];
  CHECK(healing.plan.groups[0].revisions.at(create.to_revision).id == old);
}

TEST_CASE("create backoff doubles to its cap and forgets with a new revision") {
  const model::GroupPolicy policy;
  const base::TimePoint now = base::FromUnixMillis(0);
  const base::Digest one = base::Sha256("1");
  model::CreateBackoff backoff;
  std::vector<std::int64_t> delays;
  for (int i = 0; i < 8; ++i) {
    backoff = plan::AfterFailure(backoff, one, policy, "no", now);
    delays.push_back((backoff.next_at - now).count() / 1000);
  }
  CHECK(delays == std::vector<std::int64_t>{5, 10, 20, 40, 80, 160, 300, 300});
  CHECK_FALSE(plan::MayCreate(backoff, one, policy.backoff_max, now));
  CHECK_FALSE(plan::MayDestroy(backoff, policy.backoff_max, now));
  // By a clock that was put back since.
  CHECK(plan::MayDestroy(backoff, policy.backoff_max, now - std::chrono::hours(5)));
  CHECK(plan::MayCreate(backoff, one, policy.backoff_max, now - std::chrono::hours(5)));
  CHECK(plan::MayCreate(backoff, base::Sha256("2"), policy.backoff_max, now));
  CHECK(plan::AfterFailure(backoff, base::Sha256("2"), policy, "no", now).failures == 1);
}

}  // namespace kadende::test
