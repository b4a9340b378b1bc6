#include "engine/apply/health_gate.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <stop_token>

#include "tests/engine/apply/test_bed.h"

using namespace kadende;
using model::HealthState;
using test::TestBed;

namespace {

// Says of each node what the test says, and keeps by which checks it was to be followed.
class FakeWatch : public ports::HealthWatch {
 public:
  using Say = std::function<HealthState(std::string_view group, const model::NodeRowKey& node)>;
  explicit FakeWatch(Say say) : say_(std::move(say)) {}

  void Follow(const model::ClusterRecord& /*cluster*/, std::string_view group, const model::NodeRecord& node,
              const model::GroupPolicy& policy) override {
    for (const model::HealthCheck& check : policy.checks) {
      followed += std::string(group) + "[" + node.slot.Key() + "]#" + std::to_string(node.incarnation) + " " +
                  check.name + "\n";
    }
  }
  model::NodeHealth Of(std::string_view /*lineage*/, std::string_view group, const model::NodeRowKey& node) override {
    model::NodeHealth health;
    health.state = say_(group, node);
    health.evidence = "told";
    return health;
  }

  std::string followed;

 private:
  const Say say_;
};

model::HealthCheck Check(model::CheckType type, std::string name) {
  model::HealthCheck check;
  check.type = type;
  check.name = std::move(name);
  check.address = "${node.address}:80";
  return check;
}

model::ClusterSpec Checked(std::uint32_t size, const std::string& image) {
  model::ClusterSpec spec = TestBed::Spec({{"web", size}}, image);
  spec.groups[0].policy.checks = {Check(model::CheckType::kTcp, "port")};
  return spec;
}

base::Result<apply::RunResult> Apply(TestBed& bed, const model::ClusterSpec& spec, ports::HealthWatch* watch,
                                     const std::stop_token& drain = {}) {
  apply::RunPorts ports = bed.Ports();
  ports.health = watch;
  apply::RunRequest request = bed.Request(spec);
  request.execute.drain = drain;
  return apply::Run(request, ports);
}

std::string Failure(const apply::RunResult& result) {
  for (const apply::Outcome& outcome : result.execution.outcomes) {
    if (outcome.kind == apply::OutcomeKind::kFailed) return outcome.message;
  }
  return "";
}

}  // namespace

TEST_CASE("a rolling replace goes on when the new node is healthy and has been so for the bake time") {
  TestBed bed;
  bed.clock.StepPerLook(std::chrono::seconds(1));
  REQUIRE(bed.Apply(Checked(2, "a")));
  const base::Millis start = bed.clock.Monotonic();
  std::map<std::uint32_t, int> looks;
  FakeWatch watch([&](std::string_view, const model::NodeRowKey& node) {
    return ++looks[node.ordinal] < 5 ? HealthState::kInitializing : HealthState::kHealthy;
  });
  const auto result = Apply(bed, Checked(2, "b"), &watch);
  REQUIRE(result);
  CHECK(result->execution.Complete());
  CHECK(bed.World() == "web[0]#2 web[1]#2");
  CHECK(watch.followed == "web[0]#2 port\nweb[1]#2 port\n");
  std::string said;
  for (const model::Event& event : bed.observer.events) {
    if (event.kind == model::EventKind::kActionRetried) said += event.message + "\n";
  }
  CHECK(said ==
        "web[0]: waits until healthy, at the longest 15m, and so for 30s\n"
        "web[1]: waits until healthy, at the longest 15m, and so for 30s\n");
  CHECK(bed.clock.Monotonic() - start >= std::chrono::seconds(60));  // twice the bake time
}

TEST_CASE("a new node that fails while it bakes fails its gate; its old one and all others stay") {
  TestBed bed;
  bed.clock.StepPerLook(std::chrono::seconds(1));
  REQUIRE(bed.Apply(Checked(3, "a")));
  int looks = 0;
  FakeWatch watch([&](std::string_view, const model::NodeRowKey&) {
    return ++looks < 5 ? HealthState::kHealthy : HealthState::kUnhealthy;
  });
  const auto result = Apply(bed, Checked(3, "b"), &watch);
  REQUIRE(result);
  CHECK(!result->execution.Complete());
  CHECK_THAT(Failure(*result), Catch::Contains("failed within the bake time"));
  CHECK(bed.World() == "web[0]#1 web[0]#2 web[1]#1 web[2]#1");
}

TEST_CASE("a new node that does not become healthy fails its gate after timeouts.join") {
  TestBed bed;
  bed.clock.StepPerLook(std::chrono::seconds(10));
  REQUIRE(bed.Apply(Checked(2, "a")));
  FakeWatch watch([](std::string_view, const model::NodeRowKey&) { return HealthState::kUnknown; });
  const auto result = Apply(bed, Checked(2, "b"), &watch);
  REQUIRE(result);
  CHECK_THAT(Failure(*result), Catch::Contains("not healthy within timeouts.join"));
  CHECK(bed.World() == "web[0]#1 web[0]#2 web[1]#1");
}

TEST_CASE("heartbeats and reports come to the watch: an apply waits for what it can look at, or for the bake time") {
  TestBed bed;
  bed.clock.StepPerLook(std::chrono::seconds(1));
  const auto spec = [](const std::string& image, bool looked_at) {
    model::ClusterSpec told = Checked(1, image);
    if (!looked_at) told.groups[0].policy.checks.clear();
    told.groups[0].policy.checks.push_back(Check(model::CheckType::kHeartbeat, "heart"));
    told.groups[0].policy.checks.push_back(Check(model::CheckType::kPushed, "pushed"));
    return told;
  };
  REQUIRE(bed.Apply(spec("a", false)));
  FakeWatch deaf([](std::string_view, const model::NodeRowKey&) { return HealthState::kUnknown; });
  const base::Millis start = bed.clock.Monotonic();
  const auto baked = Apply(bed, spec("b", false), &deaf);
  REQUIRE(baked);
  CHECK(baked->execution.Complete());
  CHECK(deaf.followed.empty());
  CHECK(bed.World() == "web[0]#2");
  CHECK(bed.clock.Monotonic() - start >= std::chrono::seconds(30));
  FakeWatch watch([](std::string_view, const model::NodeRowKey&) { return HealthState::kHealthy; });
  REQUIRE(Apply(bed, spec("c", true), &watch));
  CHECK(watch.followed == "web[0]#3 port\n");
  CHECK(bed.World() == "web[0]#3");
}

TEST_CASE("without checks the provider is asked once about all that one gate waits for") {
  TestBed bed;
  bed.clock.StepPerLook(std::chrono::seconds(1));
  const auto spec = [](const std::string& image) {
    model::ClusterSpec made = TestBed::Spec({{"web", 4}}, image);
    made.groups[0].policy.rollout.order = model::ReplaceOrder::kDestroyFirst;
    return made;
  };
  REQUIRE(bed.Apply(spec("a")));
  for (const char* id : {"i-000001", "i-000002", "i-000003"}) bed.fake.Vanish(id);
  bed.fake.ForgetCalls();
  const auto result = Apply(bed, spec("b"), nullptr);
  REQUIRE(result);
  CHECK(result->execution.Complete());
  const auto asked = bed.fake.Calls(test::CallKind::kDescribe);
  REQUIRE_FALSE(asked.empty());
  CHECK(std::any_of(asked.begin(), asked.end(),
                    [](const test::FakeCall& call) { return std::count(call.id.begin(), call.id.end(), ',') == 2; }));
  CHECK(asked.size() <= 2);  // the one of the last node, if it is waited for
}

TEST_CASE("what depends on a group waits until all its new nodes are healthy") {
  TestBed bed;
  bed.clock.StepPerLook(std::chrono::seconds(1));
  model::ClusterSpec spec = TestBed::Spec({{"app", 1}, {"db", 3}});
  spec.groups[0].policy.depends_on = {"db"};
  spec.groups[1].policy.checks = {Check(model::CheckType::kTcp, "port")};
  spec.groups[1].policy.rollout.bake = std::chrono::hours(1);  // not theirs to wait for
  const base::Millis start = bed.clock.Monotonic();
  int looks = 0;
  FakeWatch watch([&](std::string_view, const model::NodeRowKey& node) {
    CHECK_THAT(bed.World(), !Catch::Contains("app"));
    return node.ordinal == 2 && ++looks < 4 ? HealthState::kInitializing : HealthState::kHealthy;
  });
  const auto result = Apply(bed, spec, &watch);
  REQUIRE(result);
  CHECK(result->execution.Complete());
  CHECK(bed.World() == "app[0]#1 db[0]#1 db[1]#1 db[2]#1");
  CHECK(bed.clock.Monotonic() - start < std::chrono::hours(1));
}

TEST_CASE("what depends on a group that does not become healthy is skipped, and says for which group") {
  TestBed bed;
  bed.clock.StepPerLook(std::chrono::seconds(10));
  model::ClusterSpec spec = TestBed::Spec({{"app", 1}, {"db", 2}});
  spec.groups[0].policy.depends_on = {"db"};
  spec.groups[1].policy.checks = {Check(model::CheckType::kTcp, "port")};
  FakeWatch watch([](std::string_view, const model::NodeRowKey& node) {
    return node.ordinal == 1 ? HealthState::kUnhealthy : HealthState::kHealthy;
  });
  const auto result = Apply(bed, spec, &watch);
  REQUIRE(result);
  CHECK_THAT(Failure(*result), Catch::Contains("db[1] is unhealthy"));
  CHECK(bed.World() == "db[0]#1 db[1]#1");
  std::string skipped;
  for (const apply::Outcome& outcome : result->execution.outcomes) {
    if (outcome.kind == apply::OutcomeKind::kSkipped) skipped += outcome.message;
  }
  CHECK(skipped == "waits for db, which did not succeed");
}

TEST_CASE("an apply that is told to stop while a gate waits ends at once, and starts nothing more") {
  TestBed bed;
  bed.clock.StepPerLook(std::chrono::seconds(1));
  REQUIRE(bed.Apply(Checked(2, "a")));
  std::stop_source stop;
  FakeWatch watch([&](std::string_view, const model::NodeRowKey&) {
    stop.request_stop();
    return HealthState::kInitializing;
  });
  const auto result = Apply(bed, Checked(2, "b"), &watch, stop.get_token());
  REQUIRE(result);
  CHECK(result->execution.interrupted);
  CHECK(bed.World() == "web[0]#1 web[0]#2 web[1]#1");
  FakeWatch well([](std::string_view, const model::NodeRowKey&) { return HealthState::kHealthy; });
  const auto again = Apply(bed, Checked(2, "b"), &well);
  REQUIRE(again);
  CHECK(again->execution.Complete());
  CHECK(bed.World() == "web[0]#2 web[1]#2");
}

TEST_CASE("a node that got well after it was judged is not destroyed") {
  const HealthState now = GENERATE(HealthState::kHealthy, HealthState::kUnhealthy);
  TestBed bed;
  model::ClusterSpec spec = Checked(2, "a");
  spec.groups[0].policy.rollout.order = model::ReplaceOrder::kDestroyFirst;
  REQUIRE(bed.Apply(spec));
  FakeWatch watch([now](std::string_view, const model::NodeRowKey&) { return now; });
  apply::RunRequest request = bed.Request(spec);
  request.spec = nullptr;
  request.plan.heal_only = true;
  request.plan.judge = [](const model::ClusterState&, const plan::PriorView&, base::TimePoint) {
    plan::Judgement judgement;
    judgement.groups["web"].replace[0] = "unhealthy";
    return judgement;
  };
  apply::RunPorts ports = bed.Ports();
  ports.health = &watch;
  const auto result = apply::Run(request, ports);
  REQUIRE(result);
  if (now == HealthState::kHealthy) {
    CHECK(Failure(*result) == "web[0] is healthy again: it was left alone");
    CHECK(bed.World() == "web[0]#1 web[1]#1");
  } else {
    CHECK(bed.World() == "web[0]#2 web[1]#1");
  }
}
