// What must hold for any cluster, any change, and any order in which actions run.
#include <rapidcheck.h>
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "tests/engine/plan/plan_world.h"

namespace kadende::test {
namespace {

using Random = std::mt19937;

std::uint32_t Pick(Random& random, std::uint32_t below) {
  return static_cast<std::uint32_t>(random() % below);
}

void RandomGroup(PlanWorld& world, const std::string& path, Random& random) {
  const std::string args = Pick(random, 3) == 0 ? R"("args":"${node.ordinal}",)" : "";
  auto& group = world.Group(path, Pick(random, 7), "{" + args + "\"image\":" + std::to_string(Pick(random, 3)) + "}");
  group.policy.rollout.max_surge = {Pick(random, 3), false};
  group.policy.rollout.max_unavailable = {Pick(random, 3), false};
  const std::uint32_t way = Pick(random, 6);
  if (way == 0) group.policy.rollout.strategy = model::RolloutStrategy::kRecreate;
  if (way == 1 && args.empty()) group.policy.rollout.strategy = model::RolloutStrategy::kBlueGreen;
  if (path == "web" && Pick(random, 2) == 0) group.policy.depends_on = {"db"};
}

void RandomSpec(PlanWorld& world, Random& random) {
  world.spec.groups.clear();
  for (const char* path : {"cache", "db", "web"}) {
    if (Pick(random, 5) > 0 || std::string(path) == "db") RandomGroup(world, path, random);
  }
}

void RandomHarm(PlanWorld& world, Random& random) {
  for (const model::Instance& instance : world.fake.Instances()) {
    if (instance.owner.lineage != kLineage) continue;
    switch (Pick(random, 12)) {
      case 0:
        world.fake.Vanish(instance.id);
        break;
      case 1:
        world.fake.SetStatus(instance.id, model::InstanceStatus::kTerminated);
        break;
      case 2:
        world.fake.SetStatus(instance.id, model::InstanceStatus::kUnhealthy);
        break;
      default:
        break;
    }
  }
  for (auto& [path, group] : world.state.groups) {
    for (auto& [key, row] : group.nodes) row.tainted = row.phase == model::NodePhase::kLive && Pick(random, 10) == 0;
  }
}

// A cluster after some changes, some of them cut off, with a stranger beside it.
void RandomHistory(PlanWorld& world, Random& random) {
  model::Instance stranger;
  stranger.id = "stranger";
  stranger.owner.lineage = "somebody-else";
  stranger.owner.cluster = "other";
  stranger.owner.group = "web";
  stranger.status = model::InstanceStatus::kUnhealthy;
  world.fake.Put(stranger);
  for (std::uint32_t i = Pick(random, 3) + 1; i > 0; --i) {
    RandomSpec(world, random);
    world.Apply(world.Plan(), &random, Pick(random, 3) == 0 ? Pick(random, 6) : SIZE_MAX);
    if (Pick(random, 2) == 0) RandomHarm(world, random);
  }
}

// Runs a graph with any number of actions at once and watches a group's counts: an instance exists from the start of
// its create to the end of its destroy, a node is live from the end of its create to the start of its destroy.
class CountingRun {
 public:
  CountingRun(const plan::Planned& planned, const FakeProvider& fake, std::uint32_t group)
      : graph_(planned.plan.graph), group_(planned.plan.groups[group]), index_(group) {
    std::set<std::string> strays;
    auto view = planned.view.groups.find(group_.path);
    if (view != planned.view.groups.end()) {
      for (const auto& stray : view->second.strays) strays.insert(stray.instance.id);
    }
    auto state = planned.state.groups.find(group_.path);
    for (const model::Instance& instance : fake.Instances()) {
      if (instance.status == model::InstanceStatus::kTerminated) continue;
      if (strays.contains(instance.id)) ++total;
      if (state == planned.state.groups.end()) continue;
      for (const auto& [key, row] : state->second.nodes) {
        if (row.instance_id != instance.id || row.phase == model::NodePhase::kTombstone) continue;
        ++total;
        const bool healthy = instance.status == model::InstanceStatus::kRunning;
        if (row.phase == model::NodePhase::kLive && healthy) live_[row.slot.ordinal].insert(instance.id);
        exists_.insert(instance.id);
      }
    }
    for (const std::string& id : strays) exists_.insert(id);
    Note();
  }

  void Run(Random& random) {
    const std::size_t count = graph_.actions.size();
    std::vector<int> phase(count, 0);  // 0 waiting, 1 running, 2 done
    for (std::size_t left = count * 2; left > 0; --left) {
      std::vector<model::ActionId> possible;
      for (model::ActionId id = 0; id < count; ++id) {
        bool free = phase[id] < 2;
        for (std::uint32_t i = graph_.offsets[id]; i < graph_.offsets[id + 1]; ++i) {
          free = free && phase[graph_.waits_for[i]] == 2;
        }
        if (free) possible.push_back(id);
      }
      RC_ASSERT(!possible.empty());
      const model::ActionId id = possible[random() % possible.size()];
      Step(graph_.actions[id], phase[id]++ == 0);
      Note();
    }
  }

  std::uint32_t total = 0;
  std::uint32_t highest = 0;
  std::uint32_t lowest = UINT32_MAX;

 private:
  void Step(const model::Action& action, bool starts) {
    if (action.group != index_) return;
    std::set<std::string>& live = live_[action.slot.ordinal];
    if (action.kind == model::ActionKind::kCreate) {
      if (starts && !action.settle) ++total;
      if (!starts) live.insert("new");
    } else if (action.kind == model::ActionKind::kDestroy) {
      if (starts) live.erase(action.instance_id);
      if (!starts && exists_.erase(action.instance_id) > 0) --total;
    }
  }

  void Note() {
    std::uint32_t live = 0;
    for (const auto& [ordinal, ids] : live_) live += ids.empty() ? 0 : 1;
    highest = std::max(highest, total);
    lowest = std::min(lowest, live);
  }

  const model::ActionGraph& graph_;
  const model::PlanGroup& group_;
  std::uint32_t index_;
  std::map<std::uint32_t, std::set<std::string>> live_;
  std::set<std::string> exists_;
};

}  // namespace

TEST_CASE("a plan after an apply in any order is empty, and strangers are never touched") {
  CHECK(rc::check([](std::uint32_t seed) {
    Random random(seed);
    PlanWorld world;
    RandomHistory(world, random);
    RandomSpec(world, random);
    world.Apply(world.Plan(), &random);
    const plan::Planned again = world.Plan();
    RC_ASSERT(DumpActions(again.plan) == "");
    RC_ASSERT(again.plan.IsEmpty());
    std::size_t wanted = 1;  // the stranger
    for (const model::GroupSpec& group : world.spec.groups) wanted += group.size;
    RC_ASSERT(world.fake.Instances().size() == wanted);
    for (const FakeCall& call : world.fake.Calls(CallKind::kDestroy)) RC_ASSERT(call.id != "stranger");
  }));
}

TEST_CASE("live and total counts stay within what the plan says in any order") {
  CHECK(rc::check([](std::uint32_t seed) {
    Random random(seed);
    PlanWorld world;
    RandomHistory(world, random);
    RandomSpec(world, random);
    const plan::Planned planned = world.Plan();
    for (std::uint32_t i = 0; i < planned.plan.groups.size(); ++i) {
      CountingRun run(planned, world.fake, i);
      run.Run(random);
      const model::PlanGroup& group = planned.plan.groups[i];
      RC_ASSERT(run.lowest >= group.lowest_live);
      RC_ASSERT(run.highest <= group.highest_total);
    }
  }));
}

TEST_CASE("surge and unavailability of a rollout are never exceeded") {
  CHECK(rc::check([](std::uint32_t seed) {
    Random random(seed);
    PlanWorld world;
    RandomGroup(world, "web", random);
    world.spec.groups[0].policy.depends_on.clear();
    world.spec.groups[0].policy.rollout.strategy = model::RolloutStrategy::kRolling;
    world.PlanAndApply();
    const std::uint32_t size = world.spec.groups[0].size;
    const model::RolloutPolicy rollout = world.spec.groups[0].policy.rollout;
    world.spec.groups[0].properties = R"({"image":9})";
    if (Pick(random, 2) == 0) world.spec.groups[0].properties = R"({"a":"${node.name}","image":9})";
    const plan::Planned planned = world.Plan();
    CountingRun run(planned, world.fake, 0);
    run.Run(random);
    const bool destroy_first = planned.plan.groups[0].destroy_first;
    const std::uint32_t away = destroy_first ? std::max(1U, rollout.max_unavailable.value) : 0;
    RC_ASSERT(run.highest <= size + (destroy_first ? 0 : rollout.max_surge.value));
    RC_ASSERT(run.lowest + away >= size);
  }));
}

TEST_CASE("healing never destroys a healthy live node") {
  CHECK(rc::check([](std::uint32_t seed) {
    Random random(seed);
    PlanWorld world;
    RandomHistory(world, random);
    RandomHarm(world, random);
    const plan::Planned planned = world.Heal();
    std::set<std::string> healthy;
    for (const model::Instance& instance : world.fake.Instances()) {
      if (instance.status == model::InstanceStatus::kRunning) healthy.insert(instance.id);
    }
    for (const model::Action& action : planned.plan.graph.actions) {
      if (action.kind != model::ActionKind::kDestroy || !healthy.contains(action.instance_id)) continue;
      const auto& rows = planned.state.groups.at(planned.plan.groups[action.group].path).nodes;
      for (const auto& [key, row] : rows) {
        RC_ASSERT(row.phase != model::NodePhase::kLive || row.instance_id != action.instance_id);
      }
    }
  }));
}

TEST_CASE("the order of groups in a file does not matter, and the same input gives the same plan") {
  CHECK(rc::check([](std::uint32_t seed) {
    Random random(seed);
    PlanWorld world;
    RandomHistory(world, random);
    RandomSpec(world, random);
    const std::string text = world.Text();
    RC_ASSERT(world.Text() == text);
    std::shuffle(world.spec.groups.begin(), world.spec.groups.end(), random);
    RC_ASSERT(world.Text() == text);
  }));
}

}  // namespace kadende::test
