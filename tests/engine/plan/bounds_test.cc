// The lowest healthy and the highest total count that a plan prints are not only never left (property_test.cc), they
// are reached: for a group that was well and depends on nothing, some order of its actions comes to each of them.
#include <rapidcheck.h>
#include <catch2/catch.hpp>
#include <map>

#include "tests/engine/plan/plan_world.h"

using namespace kadende;
using model::ActionKind;
using test::PlanWorld;

namespace {

// Runs a graph as badly as its edges allow: of what is possible the worst is done first, and what helps last.
class WorstRun {
 public:
  enum class Aim { kFewest, kMost };

  WorstRun(const model::Plan& plan, std::uint32_t nodes, Aim aim) : graph_(plan.graph), aim_(aim), total(nodes) {
    for (std::uint32_t i = 0; i < nodes; ++i) live_[i] = 1;
    lowest = highest = nodes;
    phase_.assign(graph_.actions.size(), 0);
    for (std::size_t left = graph_.actions.size() * 2; left > 0; --left) Step();
  }

 private:
  // Lower comes first.
  int Rank(const model::Action& action, bool starts) const {
    const bool create = action.kind == ActionKind::kCreate;
    if (!create && action.kind != ActionKind::kDestroy) return 2;
    if (aim_ == Aim::kMost) return create ? (starts ? 0 : 1) : (starts ? 3 : 4);
    return create ? (starts ? 3 : 4) : (starts ? 0 : 1);
  }

  void Step() {
    std::size_t best = phase_.size();
    for (std::size_t id = 0; id < phase_.size(); ++id) {
      if (phase_[id] == 2 || !IsFree(id)) continue;
      if (best == phase_.size() || RankOf(id) < RankOf(best)) best = id;
    }
    RC_ASSERT(best < phase_.size());
    Do(graph_.actions[best], phase_[best]++ == 0);
  }
  int RankOf(std::size_t id) const { return Rank(graph_.actions[id], phase_[id] == 0); }
  bool IsFree(std::size_t id) const {
    for (std::uint32_t i = graph_.offsets[id]; i < graph_.offsets[id + 1]; ++i) {
      if (phase_[graph_.waits_for[i]] != 2) return false;
    }
    return true;
  }

  void Do(const model::Action& action, bool starts) {
    if (action.kind == ActionKind::kCreate) starts ? ++total : ++live_[action.slot.ordinal];
    if (action.kind == ActionKind::kDestroy) starts ? --live_[action.slot.ordinal] : --total;
    std::uint32_t live = 0;
    for (const auto& [ordinal, instances] : live_) live += instances > 0 ? 1 : 0;
    lowest = std::min(lowest, live);
    highest = std::max(highest, total);
  }

  const model::ActionGraph& graph_;
  const Aim aim_;
  std::vector<int> phase_;  // 0 waits, 1 runs, 2 is done
  std::map<std::uint32_t, int> live_;

 public:
  std::uint32_t total;
  std::uint32_t lowest;
  std::uint32_t highest;
};

}  // namespace

TEST_CASE("the bounds of a change are reached by some order of it") {
  CHECK(rc::check([](std::uint8_t before, std::uint8_t after, std::uint8_t surge, std::uint8_t away, bool other_image,
                     bool destroy_first, bool gated, std::uint8_t way) {
    PlanWorld world;
    world.Group("web", before % 8);
    world.PlanAndApply();
    model::GroupSpec& web = world.Group("web", after % 8, other_image ? R"({"image":2})" : R"({"image":1})");
    web.policy.rollout.max_surge = {surge % 4U, false};
    web.policy.rollout.max_unavailable = {away % 4U, false};
    if (destroy_first) web.policy.rollout.order = model::ReplaceOrder::kDestroyFirst;
    if (way % 5 == 0) web.policy.rollout.strategy = model::RolloutStrategy::kRecreate;
    if (way % 5 == 1 && !destroy_first) web.policy.rollout.strategy = model::RolloutStrategy::kBlueGreen;
    if (way % 5 == 2) web.policy.rollout.canary = model::CountOrPercent{2, false};
    if (gated) web.policy.rollout.bake = std::chrono::seconds(10);
    const model::Plan plan = world.Plan().plan;
    if (plan.groups.empty()) return;
    const model::PlanGroup& group = plan.groups[0];
    RC_ASSERT(WorstRun(plan, before % 8, WorstRun::Aim::kFewest).lowest == group.lowest_live);
    RC_ASSERT(WorstRun(plan, before % 8, WorstRun::Aim::kMost).highest == group.highest_total);
  }));
}
