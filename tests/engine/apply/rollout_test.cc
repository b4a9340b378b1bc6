// What runs remember of a rollout: stops that are reached, new nodes that fail, the end.
#include <catch2/catch.hpp>

#include <stop_token>

#include "tests/engine/apply/test_bed.h"

using namespace kadende;
using model::RolloutStop;
using test::TestBed;

namespace {

model::ClusterSpec Images(const std::string& image, const std::function<void(model::RolloutPolicy&)>& policy = {}) {
  model::ClusterSpec spec = TestBed::Spec({{"web", 4}}, image);
  if (policy) policy(spec.groups[0].policy.rollout);
  return spec;
}

const model::GroupRecord& Web(const model::ClusterState& state) {
  return state.groups.at("web").record;
}

std::uint32_t Renewed(const model::ClusterState& state) {
  std::uint32_t count = 0;
  for (const auto& [key, node] : state.groups.at("web").nodes) {
    count += node.phase == model::NodePhase::kLive && node.revision == Web(state).target.revision ? 1 : 0;
  }
  return count;
}

// The next creates fail for good, so many of them.
void BreakCreates(TestBed& bed, int times) {
  bed.fake.on_call = [times](const test::FakeCall& call) mutable {
    if (call.kind != test::CallKind::kCreate || times-- <= 0) return test::FakeAnswer::Go();
    return test::FakeAnswer::Fail(base::ErrorCode::kInvalid, "the image is broken");
  };
}

void Promote(TestBed& bed, std::uint32_t passed) {
  model::GroupRecord record = Web(bed.State());
  record.rollout->passed = passed;
  record.rollout->stop = RolloutStop::kNone;
  REQUIRE(bed.store.Commit(bed.Lineage(), {model::GroupRecorded{record}}));
}

}  // namespace

TEST_CASE("a run ends at the canary, which is no failure, and the group is on its way until somebody lets it go on") {
  TestBed bed;
  const auto canary = [](model::RolloutPolicy& policy) { policy.canary = model::CountOrPercent{1, false}; };
  REQUIRE(bed.Apply(Images("a")));
  auto run = bed.Apply(Images("b", canary));
  REQUIRE(run);
  CHECK(run->execution.Complete());
  const model::ClusterState at_canary = bed.State();
  CHECK(Renewed(at_canary) == 1);
  CHECK_FALSE(Web(at_canary).current == Web(at_canary).target);
  REQUIRE(Web(at_canary).rollout);
  CHECK(Web(at_canary).rollout->stop == RolloutStop::kCanary);
  CHECK(bed.observer.Count(model::EventKind::kRolloutStarted) == 1);
  CHECK(bed.observer.Count(model::EventKind::kRolloutStopped) == 1);
  CHECK(bed.observer.Count(model::EventKind::kGroupConverged) == 1);  // of the first run

  REQUIRE(bed.Apply(Images("b", canary)));
  CHECK(Renewed(bed.State()) == 1);

  Promote(bed, 1);
  REQUIRE(bed.Apply(Images("b", canary)));
  const model::ClusterState done = bed.State();
  CHECK(Renewed(done) == 4);
  CHECK(Web(done).current == Web(done).target);
  CHECK_FALSE(Web(done).rollout);
  CHECK(bed.observer.Count(model::EventKind::kRolloutFinished) == 1);
}

TEST_CASE("a checkpoint keeps the time at which it was reached, however often somebody applies meanwhile") {
  TestBed bed;
  const auto half = [](model::RolloutPolicy& policy) { policy.checkpoints = {{50, true}}; };
  REQUIRE(bed.Apply(Images("a")));
  REQUIRE(bed.Apply(Images("b", half)));
  const auto reached = Web(bed.State()).rollout;
  REQUIRE(reached);
  CHECK(reached->stop == RolloutStop::kCheckpoint);
  CHECK(reached->until == reached->stopped_at + std::chrono::hours(1));
  bed.clock.Advance(std::chrono::minutes(30));
  REQUIRE(bed.Apply(Images("b", half)));
  CHECK(Web(bed.State()).rollout->until == reached->until);
  bed.clock.Advance(std::chrono::minutes(31));
  REQUIRE(bed.Apply(Images("b", half)));
  CHECK(Renewed(bed.State()) == 4);
}

TEST_CASE("one new node that fails is enough: no other old node has its turn, and what was begun is finished") {
  TestBed bed;
  REQUIRE(bed.Apply(Images("a")));
  BreakCreates(bed, 1);
  auto run = bed.Apply(Images("b", [](model::RolloutPolicy& policy) { policy.max_surge = {2, false}; }));
  REQUIRE(run);
  CHECK_FALSE(run->execution.Complete());
  CHECK(run->execution.failed == 1);
  const model::ClusterState state = bed.State();
  CHECK(Renewed(state) == 1);
  CHECK(bed.Rows() == "web[0]#1 live, web[1]#2 live, web[2]#1 live, web[3]#1 live");
  REQUIRE(Web(state).rollout);
  CHECK(Web(state).rollout->stop == RolloutStop::kFailure);
  CHECK(Web(state).rollout->why.starts_with("1 new node failed, 0 may (rollout.failureThreshold)"));
}

TEST_CASE("failures below the threshold, or with onFailure continue, do not stop the other lanes") {
  TestBed bed;
  REQUIRE(bed.Apply(Images("a")));
  BreakCreates(bed, 100);
  auto run = bed.Apply(Images("b", [](model::RolloutPolicy& policy) {
    policy.max_surge = {4, false};
    policy.failure_threshold = {75, true};
  }));
  REQUIRE(run);
  CHECK(run->execution.failed == 4);
}

TEST_CASE("a rollout that is applied again after a failure goes on, and a new revision begins anew") {
  TestBed bed;
  REQUIRE(bed.Apply(Images("a")));
  BreakCreates(bed, 1);
  REQUIRE(bed.Apply(Images("b")));
  REQUIRE(Web(bed.State()).rollout->stop == RolloutStop::kFailure);
  const base::TimePoint since = Web(bed.State()).rollout->since;
  bed.clock.Advance(std::chrono::minutes(1));
  SECTION("again") {
    REQUIRE(bed.Apply(Images("b")));
    CHECK(Renewed(bed.State()) == 4);
    CHECK_FALSE(Web(bed.State()).rollout);
  }
  SECTION("another revision, to its canary") {
    REQUIRE(bed.Apply(Images("c", [](model::RolloutPolicy& policy) {
      policy.canary = model::CountOrPercent{1, false};
    })));
    CHECK(Web(bed.State()).rollout->since > since);
    CHECK(Web(bed.State()).rollout->stop == RolloutStop::kCanary);
  }
}

TEST_CASE("a way back that is cut off is not forgotten, and the next one finishes it") {
  TestBed bed;
  const auto half = [](model::RolloutPolicy& policy) { policy.checkpoints = {{50, true}}; };
  REQUIRE(bed.Apply(Images("a")));
  REQUIRE(bed.Apply(Images("b", half)));
  const auto abort = [&](const std::function<bool(const model::Plan&)>& approve, std::stop_token stop) {
    apply::RunRequest request = bed.Request(Images("b", half));
    request.spec = nullptr;
    request.plan.abandon = true;
    request.approve = approve;
    request.execute.drain = std::move(stop);
    return apply::Run(request, bed.Ports());
  };
  std::stop_source stopped;
  REQUIRE(abort([&stopped](const model::Plan&) { return stopped.request_stop(); }, stopped.get_token()));
  const model::ClusterState cut = bed.State();
  CHECK(Web(cut).current == Web(cut).target);
  CHECK(Renewed(cut) == 2);  // of the former revision
  REQUIRE(Web(cut).rollout);
  CHECK(Web(cut).rollout->back);
  CHECK(bed.observer.Count(model::EventKind::kRolloutTakenBack) == 1);
  REQUIRE(abort({}, {}));
  CHECK(Renewed(bed.State()) == 4);
  CHECK_FALSE(Web(bed.State()).rollout);
}
