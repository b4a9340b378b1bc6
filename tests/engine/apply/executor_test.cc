#include "engine/apply/executor.h"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <stop_token>
#include <thread>

#include "tests/engine/apply/test_bed.h"

using namespace kadende;
using model::EventKind;
using test::CallKind;
using test::FakeAnswer;
using test::FakeCall;
using test::TestBed;

TEST_CASE("a throttled create is tried again") {
  TestBed bed;
  bed.clock.StepPerLook(base::Millis(20));
  std::atomic<int> refusals = 3;
  bed.fake.on_call = [&refusals](const FakeCall& call) {
    if (call.kind == CallKind::kCreate && refusals-- > 0) return FakeAnswer::Fail(base::ErrorCode::kThrottled, "slow");
    return FakeAnswer::Go();
  };
  const auto result = bed.Apply(TestBed::Spec({{"web", 2}}));
  REQUIRE(result);
  CHECK(result->execution.Complete());
  CHECK(bed.observer.Count(EventKind::kActionRetried) == 3);
  CHECK(bed.Rows() == "web[0]#1 live, web[1]#1 live");
}

TEST_CASE("attempts end, and what failed without effect leaves a tombstone") {
  TestBed bed;
  bed.clock.StepPerLook(base::Millis(20));
  bed.fake.on_call = [](const FakeCall& call) {
    return call.kind == CallKind::kCreate ? FakeAnswer::Fail(base::ErrorCode::kUnavailable, "down") : FakeAnswer::Go();
  };
  const auto result = bed.Apply(TestBed::Spec({{"web", 1}}));
  REQUIRE(result);
  CHECK(result->execution.failed == 1);
  CHECK(bed.fake.Calls(CallKind::kCreate).size() == 5);
  CHECK(bed.Rows().empty());
  CHECK(bed.State().groups.at("web").HighestIncarnation(0) == 1);
}

TEST_CASE("what waits for a failure is skipped, the rest goes on") {
  TestBed bed;
  model::ClusterSpec spec = TestBed::Spec({{"app", 2}, {"db", 1}, {"web", 1}});
  spec.groups[0].policy.depends_on = {"db"};
  bed.fake.on_call = [](const FakeCall& call) {
    const bool fails = call.kind == CallKind::kCreate && call.node == "db[0]";
    return fails ? FakeAnswer::Fail(base::ErrorCode::kDenied, "no") : FakeAnswer::Go();
  };
  const auto result = bed.Apply(spec);
  REQUIRE(result);
  CHECK(result->execution.failed == 1);
  CHECK(result->execution.done.create == 1);
  CHECK(result->execution.skipped >= 2);
  CHECK(bed.Rows() == "web[0]#1 live");
  bed.fake.on_call = nullptr;
  REQUIRE(bed.Apply(spec));
  CHECK(bed.Rows() == "app[0]#1 live, app[1]#1 live, db[0]#2 live, web[0]#1 live");
}

TEST_CASE("a machine that is gone is counted although its replacement failed") {
  TestBed bed;
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 2}}, "a")));
  bed.fake.on_call = [](const FakeCall& call) {
    return call.kind == CallKind::kCreate ? FakeAnswer::Fail(base::ErrorCode::kDenied, "no") : FakeAnswer::Go();
  };
  model::ClusterSpec spec = TestBed::Spec({{"web", 2}}, "b");
  spec.groups[0].policy.rollout.order = model::ReplaceOrder::kDestroyFirst;
  const auto result = bed.Apply(spec);
  REQUIRE(result);
  CHECK(result->execution.done.destroy == 1);
  CHECK(result->execution.done.replace == 0);
  CHECK(bed.history.Subjects("shop").back() == "apply shop: -1 (unfinished)");
}

TEST_CASE("asked to stop on errors, one worker starts nothing after the first") {
  TestBed bed;
  bed.fake.on_call = [](const FakeCall& call) {
    return call.node == "web[0]" ? FakeAnswer::Fail(base::ErrorCode::kDenied, "no") : FakeAnswer::Go();
  };
  const model::ClusterSpec spec = TestBed::Spec({{"web", 5}});
  apply::RunRequest request = bed.Request(spec);
  request.execute.stop_on_error = true;
  const auto result = apply::Run(request, bed.Ports());
  REQUIRE(result);
  CHECK(result->execution.failed == 1);
  CHECK(bed.World().empty());
}

TEST_CASE("draining waits for what runs and takes back what does not") {
  TestBed bed;
  std::stop_source drain;
  bed.fake.on_call = [&drain](const FakeCall& call) {
    if (call.kind == CallKind::kCreate) drain.request_stop();
    return FakeAnswer::Go();
  };
  const model::ClusterSpec spec = TestBed::Spec({{"web", 50}});
  apply::RunRequest request = bed.Request(spec);
  request.execute.drain = drain.get_token();
  const auto result = apply::Run(request, bed.Ports());
  REQUIRE(result);
  CHECK(result->execution.interrupted);
  CHECK(result->execution.unknown == 0);
  const model::ClusterState state = bed.State();
  CHECK(state.intents.empty());
  CHECK(state.groups.at("web").LiveCount() == bed.fake.Instances().size());
  CHECK(bed.fake.Instances().size() < 50);
  bed.fake.on_call = nullptr;
  REQUIRE(bed.Apply(spec));
  CHECK(bed.fake.created() == 50);
}

TEST_CASE("a drained run wakes at once although it waits for a retry") {
  TestBed bed;
  std::stop_source drain;
  bed.fake.on_call = [](const FakeCall& call) {
    if (call.kind != CallKind::kCreate) return FakeAnswer::Go();
    FakeAnswer answer = FakeAnswer::Fail(base::ErrorCode::kThrottled, "slow");
    answer.error->retry_after = std::chrono::minutes(5);
    return answer;
  };
  bed.observer.on_event = [&drain](const model::Event& event) {
    if (event.kind == EventKind::kActionRetried) drain.request_stop();
  };
  const model::ClusterSpec spec = TestBed::Spec({{"web", 1}});
  apply::RunRequest request = bed.Request(spec);
  request.execute.drain = drain.get_token();
  const auto result = apply::Run(request, bed.Ports());
  REQUIRE(result);
  CHECK(result->execution.interrupted);
  CHECK(bed.State().intents.empty());
}

TEST_CASE("a lease that can no longer be trusted starts nothing") {
  TestBed bed;
  bed.leadership.SetTrusted(false);
  const auto result = bed.Apply(TestBed::Spec({{"web", 5}}));
  REQUIRE(result);
  CHECK(result->execution.interrupted);
  CHECK(bed.Calls().empty());
  CHECK(bed.State().intents.empty());
}

TEST_CASE("a store that fails ends the run, and the intents are there for the next") {
  TestBed bed;
  int commits = 0;
  bed.store.OnCommit([&commits](const model::StateChanges&) -> base::Status {
    if (++commits == 3) return base::Fail(base::ErrorCode::kQuota, "disk full");
    return {};
  });
  const auto result = bed.Apply(TestBed::Spec({{"web", 2}}));
  REQUIRE(!result);
  CHECK(result.error().message == "disk full");
  bed.store.OnCommit(nullptr);
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 2}})));
  CHECK(bed.Rows() == "web[0]#1 live, web[1]#1 live");
  CHECK(bed.fake.created() == 2);
}

TEST_CASE("no more calls at once than the provider bears") {
  TestBed bed;
  bed.fake.manifest.max_parallel = 2;
  bed.parallelism = 8;
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  bed.fake.on_call = [&](const FakeCall&) {
    const int now = ++running;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    std::this_thread::yield();
    --running;
    return FakeAnswer::Go();
  };
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 100}})));
  CHECK(most <= 2);
}

TEST_CASE("many creates share few commits") {
  TestBed bed;
  bed.parallelism = 16;
  const auto result = bed.Apply(TestBed::Spec({{"web", 5000}}));
  REQUIRE(result);
  CHECK(result->execution.done.create == 5000);
  CHECK(bed.State().groups.at("web").LiveCount() == 5000);
  CHECK(bed.store.commits().size() < 5000);
}
