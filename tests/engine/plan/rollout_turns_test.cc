// Stops on the way of a rollout, and who has its turn. Then whole plans: what strategies make of a change.
#include "engine/plan/rollout_turns.h"

#include <catch2/catch.hpp>

#include "tests/engine/plan/plan_world.h"

using namespace kadende;
using model::RolloutStop;
using test::PlanWorld;

namespace {

constexpr auto kNow = base::TimePoint(std::chrono::hours(24 * 365 * 50));

model::RolloutPolicy Stepwise() {
  model::RolloutPolicy policy;
  policy.canary = model::CountOrPercent{1, false};
  policy.checkpoints = {{25, true}, {50, true}};
  return policy;
}

model::Rollout At(RolloutStop stop, std::uint32_t passed = 0) {
  model::Rollout rollout;
  rollout.stop = stop;
  rollout.passed = passed;
  return rollout;
}

std::uint32_t Allowed(const model::RolloutPolicy& policy, const model::Rollout* rollout, bool by_person = true) {
  return plan::LimitOf(policy, 8, rollout, by_person, kNow).nodes;
}

std::vector<std::uint32_t> Waiting(const std::vector<plan::OldNode>& old, std::uint32_t renewed, std::uint32_t limit) {
  return plan::TakeTurns({}, {limit, RolloutStop::kCanary}, renewed, old).waiting;
}

std::size_t CountOf(const plan::Planned& planned, model::ActionKind kind) {
  std::size_t count = 0;
  for (const model::Action& action : planned.plan.graph.actions) count += action.kind == kind ? 1 : 0;
  return count;
}

// A group of that many nodes of image 1, to be of image 2 by this strategy.
model::GroupSpec& Changed(PlanWorld& world, std::uint32_t size, model::RolloutStrategy strategy) {
  world.Group("web", size);
  world.PlanAndApply();
  model::GroupSpec& group = world.Group("web", size, R"({"image":2})");
  group.policy.rollout.strategy = strategy;
  return group;
}

}  // namespace

TEST_CASE("a rollout stops at the canary, then at each checkpoint, and what is passed stops nobody") {
  const model::RolloutPolicy policy = Stepwise();
  CHECK(Allowed(policy, nullptr) == 1);
  const model::Rollout canary = At(RolloutStop::kCanary);
  CHECK(Allowed(policy, &canary) == 1);
  const model::Rollout promoted = At(RolloutStop::kNone, 1);
  CHECK(Allowed(policy, &promoted) == 2);
  const model::Rollout half = At(RolloutStop::kNone, 2);
  CHECK(Allowed(policy, &half) == 4);
  const model::Rollout last = At(RolloutStop::kNone, 4);
  CHECK(Allowed(policy, &last) == plan::kNoLimit);
}

TEST_CASE("a checkpoint lets go when its time is over, and not before") {
  const model::RolloutPolicy policy = Stepwise();
  model::Rollout rollout = At(RolloutStop::kCheckpoint, 1);
  rollout.until = kNow + std::chrono::seconds(1);
  CHECK(Allowed(policy, &rollout) == 2);
  rollout.until = kNow;
  CHECK(Allowed(policy, &rollout) == 4);
  CHECK(plan::PassedStops(policy, 8, rollout, kNow) == 2);
  rollout.until = {};
  CHECK(Allowed(policy, &rollout) == 2);
}

TEST_CASE("a pause holds everybody, a failure holds automation alone") {
  const model::Rollout paused = At(RolloutStop::kPerson);
  CHECK(Allowed({}, &paused, true) == 0);
  CHECK(Allowed({}, &paused, false) == 0);
  const model::Rollout failed = At(RolloutStop::kFailure);
  CHECK(Allowed({}, &failed, true) == plan::kNoLimit);
  CHECK(Allowed({}, &failed, false) == 0);
}

TEST_CASE("stops that lie at or beyond the group's size are none") {
  model::RolloutPolicy policy;
  policy.checkpoints = {{100, true}, {9, false}};
  CHECK(plan::StopAfter(policy, 8, 0).stop == RolloutStop::kNone);
}

TEST_CASE("broken nodes have their turn first, and who is asked for by name does not wait") {
  CHECK(Waiting({{0, false, false}, {1, true, false}, {2, false, false}}, 0, 1) == std::vector<std::uint32_t>{0, 2});
  CHECK(Waiting({{0, false, false}, {1, true, false}, {2, false, true}}, 1, 1) == std::vector<std::uint32_t>{0, 1});
  CHECK(Waiting({{0, false, false}}, 3, 2) == std::vector<std::uint32_t>{0});
}

TEST_CASE("a plan with a canary replaces so many nodes and says who waits") {
  PlanWorld world;
  Changed(world, 5, model::RolloutStrategy::kRolling).policy.rollout.canary = model::CountOrPercent{2, false};
  const plan::Planned planned = world.Plan();
  CHECK(planned.plan.counts.replace == 2);
  REQUIRE(planned.plan.groups[0].rollout);
  CHECK(planned.plan.groups[0].rollout->waiting == 3);
  CHECK(planned.plan.groups[0].rollout->stop == RolloutStop::kCanary);
  CHECK(planned.plan.groups[0].notes.back() ==
        "3 old nodes wait: rollout.canary 2, 2 nodes are new; `kadende rollout promote web` lets it go on, `kadende "
        "rollout abort web` takes it back");
}

TEST_CASE("who waits and is lost comes back as it was, and a larger size does not enlarge the canary") {
  PlanWorld world;
  Changed(world, 3, model::RolloutStrategy::kRolling).policy.rollout.canary = model::CountOrPercent{1, false};
  const base::Digest old = world.Row("web[2]").revision;
  world.PlanAndApply();
  world.fake.Vanish(world.IdOf("web[2]"));
  world.Group("web", 4, R"({"image":2})");
  const plan::Planned planned = world.Plan();
  for (const model::Action& action : planned.plan.graph.actions) {
    if (action.kind != model::ActionKind::kCreate) continue;
    CHECK(planned.plan.groups[0].revisions.at(action.to_revision).id == old);
  }
  CHECK(CountOf(planned, model::ActionKind::kCreate) == 2);
}

TEST_CASE("on-delete replaces nothing for the revision, and what is made anew is new") {
  PlanWorld world;
  Changed(world, 3, model::RolloutStrategy::kOnDelete);
  CHECK(world.Plan().plan.counts.replace == 0);
  world.fake.Vanish(world.IdOf("web[1]"));
  const plan::Planned planned = world.Plan();
  REQUIRE(CountOf(planned, model::ActionKind::kCreate) == 1);
  for (const model::Action& action : planned.plan.graph.actions) {
    if (action.kind != model::ActionKind::kCreate) continue;
    CHECK(planned.plan.groups[0].revisions.at(action.to_revision).id == planned.plan.groups[0].after.revision);
  }
}

TEST_CASE("recreate: every old node goes before the first new one comes") {
  PlanWorld world;
  Changed(world, 2, model::RolloutStrategy::kRecreate);
  CHECK(world.Plan().plan.groups[0].lowest_live == 0);
  CHECK(world.Actions() ==
        "destroy web[0]#1 revision_changed replace\n"
        "destroy web[1]#1 revision_changed replace\n"
        "gate web replaced after 0,1\n"
        "create web[0]#2 revision_changed replace after 0,2\n"
        "create web[1]#2 revision_changed replace after 1,2\n");
}

TEST_CASE("blue-green: no old node goes before every new one is there") {
  PlanWorld world;
  Changed(world, 2, model::RolloutStrategy::kBlueGreen);
  const plan::Planned planned = world.Plan();
  CHECK(planned.plan.groups[0].lowest_live == 2);
  CHECK(planned.plan.groups[0].highest_total == 4);
  CHECK(world.Actions() ==
        "create web[0]#2 revision_changed replace\n"
        "create web[1]#2 revision_changed replace\n"
        "gate web replaced after 0,1\n"
        "destroy web[0]#1 revision_changed replace after 0,2\n"
        "destroy web[1]#1 revision_changed replace after 1,2\n");
}

TEST_CASE("blue-green is refused where two of a node cannot be") {
  PlanWorld world;
  world.Group("web", 2, R"({"image":"${node.ordinal}"})").policy.rollout.strategy = model::RolloutStrategy::kBlueGreen;
  const plan::Planned planned = world.Plan();
  REQUIRE(planned.plan.diagnostics.HasErrors());
  CHECK(planned.plan.diagnostics.items()[0].message ==
        "blue-green has old and new nodes together, which cannot be: image uses node.ordinal");
}

TEST_CASE("in-place is refused where a change needs a replacement") {
  PlanWorld world;
  Changed(world, 2, model::RolloutStrategy::kInPlace);
  const plan::Planned planned = world.Plan();
  REQUIRE(planned.plan.diagnostics.HasErrors());
  CHECK(planned.plan.diagnostics.items()[0].message ==
        "strategy in-place forbids that 2 nodes are replaced, which these changes need: image");
}

TEST_CASE("a pause lies between two replacements of a lane") {
  PlanWorld world;
  Changed(world, 2, model::RolloutStrategy::kRolling).policy.rollout.pause = std::chrono::seconds(5);
  CHECK(world.Actions() ==
        "create web[0]#2 revision_changed replace\n"
        "destroy web[0]#1 revision_changed replace after 0\n"
        "gate web replaced after 1\n"
        "create web[1]#2 revision_changed replace after 2\n"
        "destroy web[1]#1 revision_changed replace after 3\n");
}

TEST_CASE("a rollout that is taken back keeps the former instances that are still there") {
  PlanWorld world;
  Changed(world, 2, model::RolloutStrategy::kRolling);
  const std::string old = world.IdOf("web[0]");
  world.Apply(world.Plan(), nullptr, 1);  // the new web[0] is there, the old one leaves
  REQUIRE(world.IdOf("web[0]") != old);
  plan::PlanOptions back;
  back.abandon = true;
  const plan::Planned planned = world.Plan(back);
  CHECK(planned.state.groups.at("web").Live(0)->instance_id == old);
  CHECK(CountOf(planned, model::ActionKind::kCreate) == 0);
  CHECK(CountOf(planned, model::ActionKind::kDestroy) == 1);
}
