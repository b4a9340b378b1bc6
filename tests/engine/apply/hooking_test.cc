#include "engine/apply/hooking.h"

#include <catch2/catch.hpp>

#include "tests/engine/apply/test_bed.h"
#include "tests/support/fake_hooks.h"

using namespace kadende;
using base::ErrorCode;
using model::EventKind;
using model::HookPoint;
using test::FakeHooks;
using test::TestBed;

namespace {

model::Hook At(HookPoint point) {
  model::Hook hook;
  hook.at = point;
  hook.exec = {"run"};
  return hook;
}

model::ClusterSpec Hooked(std::uint32_t size, const std::string& image = "a") {
  model::ClusterSpec spec = TestBed::Spec({{"web", size}}, image);
  for (const HookPoint point :
       {HookPoint::kPreCreate, HookPoint::kPostCreate, HookPoint::kPreReady, HookPoint::kPreDrain,
        HookPoint::kPostDrain, HookPoint::kPreDestroy, HookPoint::kPostDestroy, HookPoint::kOnFailure}) {
    spec.groups[0].policy.hooks.push_back(At(point));
  }
  return spec;
}

base::Result<apply::RunResult> Apply(TestBed& bed, FakeHooks& hooks, const model::ClusterSpec& spec) {
  apply::RunPorts ports = bed.Ports();
  ports.hooks = &hooks;
  return apply::Run(bed.Request(spec), ports);
}

auto FailAt(const std::string& point, ErrorCode code = ErrorCode::kInternal) {
  return [point, code](const model::Hook&, const ports::HookFacts& facts) -> base::Status {
    if (facts.point != point) return {};
    return base::Fail(code, "told to");
  };
}

bool IsUnconfigured(TestBed& bed) {
  return bed.State().groups.at("web").Live(0)->unconfigured;
}

}  // namespace

TEST_CASE("hooks stand around a create and a destroy, in their order") {
  TestBed bed;
  FakeHooks hooks;
  REQUIRE(Apply(bed, hooks, Hooked(1)));
  CHECK(hooks.TakeSaid() == "pre_create web-0#1, post_create web-0#1, pre_ready web-0#1");
  CHECK_FALSE(IsUnconfigured(bed));
  CHECK(bed.observer.Count(EventKind::kNodeConfigured) == 1);
  REQUIRE(Apply(bed, hooks, Hooked(0)));
  CHECK(hooks.TakeSaid() == "pre_drain web-0#1, post_drain web-0#1, pre_destroy web-0#1, post_destroy web-0#1");
  CHECK(bed.Rows().empty());
}

TEST_CASE("the old node stays where the new one cannot be configured") {
  TestBed bed;
  FakeHooks hooks;
  REQUIRE(Apply(bed, hooks, Hooked(2)));
  (void)hooks.TakeSaid();
  hooks.on_run = FailAt("post_create");
  const auto failed = Apply(bed, hooks, Hooked(2, "b"));
  REQUIRE(failed);
  CHECK(failed->execution.failed >= 1);
  CHECK(bed.Rows() == "web[0]#1 live, web[0]#2 leaving, web[1]#1 live");
  CHECK(hooks.TakeSaid() == "pre_create web-0#2, post_create web-0#2, on_failure web-0#2");
  hooks.on_run = nullptr;
  REQUIRE(Apply(bed, hooks, Hooked(2, "b")));
  CHECK(bed.Rows() == "web[0]#3 live, web[1]#2 live");
  CHECK(bed.World() == "web[0]#3 web[1]#2");
}

TEST_CASE("nothing is made where a hook before the create fails") {
  TestBed bed;
  FakeHooks hooks;
  hooks.on_run = FailAt("pre_create");
  const auto failed = Apply(bed, hooks, Hooked(1));
  REQUIRE(failed);
  CHECK(failed->execution.failed == 1);
  CHECK(bed.World().empty());
  CHECK(bed.State().intents.empty());
  CHECK(hooks.TakeSaid() == "pre_create web-0#1, on_failure web-0#1");
}

TEST_CASE("not yet is asked again, and in the end it is a failure") {
  TestBed bed;
  FakeHooks hooks;
  bed.clock.StepPerLook(base::Millis(7000));  // longer than the pause: nothing is waited for
  int asked = 0;
  hooks.on_run = [&asked](const model::Hook&, const ports::HookFacts& facts) -> base::Status {
    if (facts.point != "pre_ready" || ++asked > 3) return {};
    return base::Fail(ErrorCode::kInternal, "not verified");  // pre_ready: any failure is a "not yet"
  };
  REQUIRE(Apply(bed, hooks, Hooked(1)));
  CHECK(asked == 4);
  CHECK_FALSE(IsUnconfigured(bed));
  hooks.on_run = FailAt("post_create", ErrorCode::kUnavailable);
  const auto failed = Apply(bed, hooks, Hooked(2));
  REQUIRE(failed);
  CHECK(failed->execution.failed == 1);
  CHECK(bed.observer.Count(EventKind::kActionRetried) > 3);
  CHECK(bed.Rows() == "web[0]#1 live, web[1]#1 leaving");
}

TEST_CASE("a destroy goes on whatever its hooks say") {
  TestBed bed;
  FakeHooks hooks;
  REQUIRE(Apply(bed, hooks, Hooked(1)));
  (void)hooks.TakeSaid();
  hooks.on_run = [](const model::Hook&, const ports::HookFacts&) -> base::Status {
    return base::Fail(ErrorCode::kInternal, "no");
  };
  const auto done = Apply(bed, hooks, Hooked(0));
  REQUIRE(done);
  CHECK(done->execution.Complete());
  CHECK(bed.World().empty());
  CHECK(bed.observer.Count(EventKind::kHookFailed) == 4);
}

TEST_CASE(
    "a node that was made and not configured is configured by the next run, and only then what it replaced goes") {
  TestBed bed;
  FakeHooks hooks;
  REQUIRE(Apply(bed, hooks, Hooked(1)));
  (void)hooks.TakeSaid();
  hooks.on_run = FailAt("post_create", ErrorCode::kCancelled);  // as a run that is ended in the middle
  REQUIRE(Apply(bed, hooks, Hooked(1, "b")));
  CHECK(bed.Rows() == "web[0]#1 leaving, web[0]#2 live");
  CHECK(IsUnconfigured(bed));
  (void)hooks.TakeSaid();
  hooks.on_run = nullptr;
  const auto done = Apply(bed, hooks, Hooked(1, "b"));
  REQUIRE(done);
  CHECK(bed.Rows() == "web[0]#2 live");
  CHECK_FALSE(IsUnconfigured(bed));
  CHECK(hooks.TakeSaid().starts_with("post_create web-0#2, pre_ready web-0#2, pre_drain web-0#1"));
}

TEST_CASE("a node that never was configured is not drained") {
  TestBed bed;
  FakeHooks hooks;
  hooks.on_run = FailAt("post_create", ErrorCode::kCancelled);
  REQUIRE(Apply(bed, hooks, Hooked(1)));
  (void)hooks.TakeSaid();
  hooks.on_run = nullptr;
  REQUIRE(Apply(bed, hooks, Hooked(0)));
  CHECK(hooks.TakeSaid() == "pre_destroy web-0#1, post_destroy web-0#1");
}

TEST_CASE("a group that has no hooks any more has nothing left to configure") {
  TestBed bed;
  FakeHooks hooks;
  hooks.on_run = FailAt("post_create", ErrorCode::kCancelled);
  REQUIRE(Apply(bed, hooks, Hooked(1)));
  REQUIRE(IsUnconfigured(bed));
  REQUIRE(Apply(bed, hooks, TestBed::Spec({{"web", 1}})));
  CHECK_FALSE(IsUnconfigured(bed));
}

TEST_CASE("without anybody to run them an action with hooks fails") {
  TestBed bed;
  const auto failed = bed.Apply(Hooked(1));
  REQUIRE(failed);
  CHECK(failed->execution.failed == 1);
  CHECK(bed.World().empty());
}
