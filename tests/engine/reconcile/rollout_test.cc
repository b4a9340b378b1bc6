// A rollout that a watch goes on with: batches, what stays, stops, failures, and its end.
#include "engine/reconcile/rollout.h"

#include <catch2/catch.hpp>

#include "tests/engine/reconcile/ward.h"

using namespace kadende;
using model::RolloutStop;
using reconcile::RolloutStep;
using test::Ward;
using namespace std::chrono_literals;

namespace {

// Nodes of v1 that are to become v2; nobody has begun with them.
struct Rolling : Ward {
  explicit Rolling(std::uint32_t size) : Ward(size) {
    model::GroupRecord& record = group.record;
    record.target.revision = base::Sha256("v2");
    record.target.policy.rollout.max_surge = {1, false};
    record.target.policy.rollout.bake = 30s;
    record.revisions.push_back({record.target.revision, {"fake", "latest", ""}, "{}", {}, "{}", ""});
    model::Rollout rollout;
    rollout.revision = record.target.revision;
    rollout.since = rollout.progress_at = now - 1min;
    record.rollout = rollout;
    watching_since = now - 1h;
  }

  model::RolloutPolicy& How() { return group.record.target.policy.rollout; }
  model::Rollout& Known() { return *group.record.rollout; }

  // The slot's node was replaced: the new one came into being `age` ago and has been healthy for `healthy` (none: not).
  void Renewed(std::uint32_t ordinal, std::optional<base::Millis> healthy, bool former) {
    Replaced(ordinal, 50s);
    group.nodes.at({ordinal, 2}).revision = group.record.target.revision;
    if (!former) {
      group.nodes.erase({ordinal, 1});
      view.nodes.erase({ordinal, 1});
    }
    if (!healthy) return;
    Is(ordinal, model::HealthState::kHealthy, *healthy, 2);
    Node(ordinal, 2).joined_at = now - *healthy;
  }

  [[nodiscard]] RolloutStep Step() const {
    std::vector<model::NodeHealth> rows;
    for (const auto& [key, node] : health) rows.push_back(node);
    reconcile::RemediationInput input;
    input.group = &group;
    input.view = &view;
    input.health = &rows;
    input.intents = intents;
    input.watching_since = watching_since;
    input.now = now;
    input.wall_ahead = wall_ahead;
    auto step = reconcile::GoOnWithRollout(input);
    REQUIRE(step);
    return *step;
  }
  [[nodiscard]] std::string Rolls() const {
    std::string slots;
    for (const std::uint32_t ordinal : Step().roll) slots += std::to_string(ordinal) + " ";
    if (!slots.empty()) slots.pop_back();
    return slots;
  }
};

}  // namespace

TEST_CASE("a rollout goes on by as many nodes as maxSurge has room for, the broken ones first") {
  Rolling ward(4);
  CHECK(ward.Rolls() == "0");
  ward.Fail(2);
  CHECK(ward.Rolls() == "2");
  ward.How().max_surge = {50, true};
  CHECK(ward.Rolls() == "0 2");
}

TEST_CASE("the next batch waits until the new node has baked and the old one is gone, which stays until then") {
  Rolling ward(3);
  ward.Renewed(0, std::nullopt, true);
  CHECK(ward.Rolls().empty());
  CHECK(ward.Step().hold_leaving.contains({0, 1}));
  ward.Renewed(0, 10s, true);
  CHECK(ward.Rolls().empty());
  CHECK(ward.Step().hold_leaving.contains({0, 1}));
  CHECK(ward.Step().wake_at == ward.now + 20s);
  ward.Renewed(0, 40s, true);
  CHECK(ward.Rolls().empty());
  CHECK_FALSE(ward.Step().hold_leaving.contains({0, 1}));
  ward.Renewed(0, 40s, false);
  CHECK(ward.Rolls() == "1");
}

TEST_CASE("what a person paused stays paused") {
  Rolling ward(3);
  ward.Known().stop = RolloutStop::kPerson;
  CHECK(ward.Rolls().empty());
  CHECK(ward.Step().rollout == ward.group.record.rollout);
}

TEST_CASE("nodes that a person holds are left out, and others have their turn") {
  Rolling ward(2);
  ward.group.record.holds.push_back({"0", "ann", "", ward.now - 1h, {}, {}});
  CHECK(ward.Rolls() == "1");
}

TEST_CASE("a checkpoint is reached once its nodes are well, and lets go by itself") {
  Rolling ward(4);
  ward.How().checkpoints = {{25, true}};
  ward.How().checkpoint_wait = 10min;
  ward.Renewed(0, 40s, false);
  RolloutStep step = ward.Step();
  CHECK(step.roll.empty());
  CHECK(step.rollout->stop == RolloutStop::kCheckpoint);
  CHECK(step.rollout->until == ward.now + 10min);
  ward.group.record.rollout = step.rollout;
  ward.Pass(9min);
  CHECK(ward.Rolls().empty());
  ward.Pass(1min);
  step = ward.Step();
  CHECK(step.roll.size() == 1);
  CHECK(step.rollout->stop == RolloutStop::kNone);
  CHECK(step.rollout->passed == 1);
}

TEST_CASE("a canary waits for a person without an end") {
  Rolling ward(4);
  ward.How().canary = model::CountOrPercent{1, false};
  ward.Renewed(0, 40s, false);
  CHECK(ward.Step().rollout->stop == RolloutStop::kCanary);
  CHECK(ward.Step().rollout->until == base::TimePoint{});
}

TEST_CASE("a new node that fails ends the rollout; more of them are put up with where the policy says so") {
  Rolling ward(4);
  ward.Renewed(0, 40s, false);
  ward.Is(0, model::HealthState::kUnhealthy, 20s, 2);
  const RolloutStep step = ward.Step();
  CHECK(step.roll.empty());
  CHECK(step.rollout->stop == RolloutStop::kFailure);
  CHECK(step.rollout->why == "1 new node failed, 0 may (rollout.failureThreshold); web[0]: check ready: status 500");
  ward.How().failure_threshold = {1, false};
  ward.How().max_surge = {2, false};
  CHECK(ward.Step().rollout->stop == RolloutStop::kNone);
  CHECK(ward.Rolls() == "1");
  ward.How().failure_threshold = {0, false};
  ward.How().on_failure = model::OnFailure::kContinue;
  CHECK(ward.Rolls() == "1");
}

TEST_CASE("an old node that fails says nothing about the rollout") {
  Rolling ward(4);
  ward.Fail(3);
  CHECK(ward.Step().rollout->stop == RolloutStop::kNone);
}

TEST_CASE("where the policy says so a failed rollout goes back, and the way back does not") {
  Rolling ward(4);
  ward.How().on_failure = model::OnFailure::kRollback;
  ward.Renewed(0, 40s, false);
  ward.Is(0, model::HealthState::kUnhealthy, 20s, 2);
  const RolloutStep step = ward.Step();
  REQUIRE(step.taken_back);
  CHECK(step.rollout->back);
  CHECK(step.rollout->revision == ward.group.record.current.revision);
  ward.group.record.target = ward.group.record.current;
  ward.group.record.target.policy.rollout.max_surge = {1, false};
  ward.group.record.target.policy.rollout.on_failure = model::OnFailure::kRollback;
  ward.group.record.rollout = step.rollout;
  CHECK(ward.Rolls() == "0");
  CHECK_FALSE(ward.Step().taken_back);
}

TEST_CASE("a rollout whose last progress is long before this watch began is shown to a person first") {
  Rolling ward(4);
  ward.Known().progress_at = ward.Known().since = ward.now - 40min;
  for (auto& [key, row] : ward.group.nodes) row.created_at = ward.now - 3h;
  CHECK(ward.Rolls() == "0");  // it was there all the time
  ward.watching_since = ward.now - 10min;
  CHECK(ward.Step().rollout->stop == RolloutStop::kCutOff);
  ward.Known().progress_at = ward.now - 20min;
  CHECK(ward.Rolls() == "0");
}

TEST_CASE("without progress for its deadline a rollout has failed") {
  Rolling ward(4);
  ward.watching_since = ward.now - 10h;
  ward.Known().progress_at = ward.now - 61min;
  for (auto& [key, row] : ward.group.nodes) row.created_at = ward.now - 3h;
  CHECK(ward.Step().rollout->stop == RolloutStop::kDeadline);
}

TEST_CASE("a rollout is done when all nodes are new and well and nothing of the old is left") {
  const auto done = [](std::optional<base::Millis> healthy, bool former, std::uint32_t size) {
    Rolling ward(2);
    ward.Renewed(0, 40s, false);
    ward.Renewed(1, healthy, former);
    ward.group.record.target.size = size;
    return ward.Step().finished;
  };
  CHECK(done(40s, false, 2));
  CHECK_FALSE(done(40s, true, 2));
  CHECK_FALSE(done(10s, false, 2));
  CHECK_FALSE(done(std::nullopt, false, 2));
  CHECK_FALSE(done(40s, false, 1));  // a surplus is `apply`'s
}
