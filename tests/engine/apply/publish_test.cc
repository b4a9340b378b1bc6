// What a run leaves in the history: when, under which name, and what its subject counts.
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/engine/apply/test_bed.h"

using namespace kadende;
using test::TestBed;

namespace {

using Subjects = std::vector<std::string>;

struct Killed : std::runtime_error {
  Killed() : std::runtime_error("killed") {}
};

base::Status DiskFull() {
  return base::Fail(base::ErrorCode::kQuota, "disk full");
}

// A run that dies when its commit is on the branch and before the store hears of it.
void CutAfterCommit(TestBed& bed, const model::ClusterSpec& spec) {
  bed.history.after_commit = []() -> base::Status { throw Killed(); };
  CHECK_THROWS_AS(bed.Apply(spec), Killed);
  bed.history.after_commit = nullptr;
}

// Creates of which nobody hears, but which happen.
void CutCreates(TestBed& bed, const model::ClusterSpec& spec, bool with_effect) {
  bed.fake.on_call = [=](const test::FakeCall& call) {
    if (call.kind != test::CallKind::kCreate) return test::FakeAnswer::Go();
    test::FakeAnswer answer = test::FakeAnswer::Lost();
    answer.with_effect = with_effect;
    return answer;
  };
  apply::RunRequest request = bed.Request(spec);
  request.execute.retry.attempts = 1;
  REQUIRE(apply::Run(request, bed.Ports()));
  bed.fake.on_call = nullptr;
}

}  // namespace

TEST_CASE("a cut commit is known again after a successor that could not publish either") {
  TestBed bed;
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 1}})));
  CutAfterCommit(bed, TestBed::Spec({{"web", 2}}));
  bed.history.before_commit = DiskFull;
  const auto second = bed.Apply(TestBed::Spec({{"web", 3}}));
  REQUIRE(second);
  CHECK(second->publish_error == "disk full");
  bed.history.before_commit = nullptr;
  const auto third = bed.Apply(TestBed::Spec({{"web", 4}}));
  REQUIRE(third);
  CHECK(third->publish_error.empty());
  CHECK(bed.State().IsPublished());
  CHECK(!bed.State().cluster.run);
  CHECK(bed.history.Subjects("shop") ==
        Subjects{"apply shop: +1", "apply shop: +1", "apply shop: +2 (published later)", "apply shop: +1"});
}

TEST_CASE("what a later publication warns of is in its event") {
  TestBed bed;
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 1}})));
  bed.history.before_commit = DiskFull;
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 2}})));
  bed.history.before_commit = nullptr;
  bed.history.warnings = {"the repository around it could not be written"};
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 3}})));
  ports::EventQuery query;
  query.lineage = bed.Lineage();
  const auto events = bed.store.Events(query);
  REQUIRE(events);
  CHECK(std::any_of(events->begin(), events->end(), [](const model::Event& event) {
    return event.message ==
           "serial 2: apply shop: +1 (published later); warning: the repository around it could not be written";
  }));
}

TEST_CASE("a successor of a cut run that recovers only at its end, and is cut there too, conflicts with nobody") {
  TestBed bed;
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 1}})));
  CutAfterCommit(bed, TestBed::Spec({{"web", 2}}));
  int tries = 0;
  bed.history.before_commit = [&tries] { return ++tries == 1 ? DiskFull() : base::Status(); };
  CutAfterCommit(bed, TestBed::Spec({{"web", 3}}));
  bed.history.before_commit = nullptr;
  const auto last = bed.Apply(TestBed::Spec({{"web", 3}}));
  REQUIRE(last);
  CHECK(last->publish_error.empty());
  CHECK(bed.State().IsPublished());
  CHECK(bed.history.Commits("shop").size() == 3);
}

TEST_CASE("creates of a cut run that the listing finds are counted") {
  TestBed bed;
  const model::ClusterSpec spec = TestBed::Spec({{"web", 2}});
  CutCreates(bed, spec, true);
  const auto result = bed.Apply(spec);
  REQUIRE(result);
  CHECK(result->execution.done.create == 2);
  CHECK(bed.history.Subjects("shop").back() == "apply shop: +2");
  CHECK(!bed.State().cluster.run);
}

TEST_CASE("a replacement whose new half the listing finds is counted as one") {
  TestBed bed;
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 1}})));
  const model::ClusterSpec spec = TestBed::Spec({{"web", 1}}, "b");
  CutCreates(bed, spec, true);
  const auto result = bed.Apply(spec);
  REQUIRE(result);
  CHECK(result->execution.done.replace == 1);
  CHECK(result->execution.done.create == 0);
  CHECK(result->execution.done.destroy == 0);
  CHECK(bed.history.Subjects("shop").back() == "apply shop: -/+1");
}

TEST_CASE("an unwanted create that never came is not counted as destroyed") {
  TestBed bed;
  bed.fake.manifest.idempotent_tokens = false;
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 1}})));
  CutCreates(bed, TestBed::Spec({{"web", 2}}), false);
  bed.clock.Advance(std::chrono::hours(1));
  bed.clock.StepPerLook(std::chrono::seconds(3));  // beyond the pauses between listings
  const auto result = bed.Apply(TestBed::Spec({{"web", 1}}));
  REQUIRE(result);
  CHECK(result->execution.Complete());
  CHECK(bed.Rows() == "web[0]#1 live");
  CHECK(result->execution.done.destroy == 0);
  CHECK(bed.history.Subjects("shop").back() == "apply shop: settings only");
}

TEST_CASE("an interrupted run is published with what it came to") {
  TestBed bed;
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 2}})));
  bed.fake.on_call = [](const test::FakeCall& call) -> test::FakeAnswer {
    if (call.kind == test::CallKind::kCreate && call.node == "web[3]") {
      return test::FakeAnswer::Fail(base::ErrorCode::kDenied, "no");
    }
    return test::FakeAnswer::Go();
  };
  bed.history.before_commit = []() -> base::Status { throw Killed(); };
  CHECK_THROWS_AS(bed.Apply(TestBed::Spec({{"web", 4}})), Killed);
  bed.history.before_commit = nullptr;
  bed.fake.on_call = nullptr;
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 4}})));
  CHECK(bed.history.Subjects("shop") == Subjects{"apply shop: +2", "apply shop: +1 (interrupted)", "apply shop: +1"});
}

TEST_CASE("what was settled before a person says no is published, and no run stays open") {
  TestBed bed;
  CutCreates(bed, TestBed::Spec({{"web", 1}}), true);
  const model::ClusterSpec spec = TestBed::Spec({{"web", 2}});
  apply::RunRequest request = bed.Request(spec);
  request.approve = [](const model::Plan&) { return false; };
  const auto result = apply::Run(request, bed.Ports());
  REQUIRE(result);
  CHECK(result->declined);
  CHECK(!bed.State().cluster.run);
  CHECK(bed.history.Subjects("shop").back() == "apply shop: +1");
}

TEST_CASE("a state that is behind the world publishes no settings") {
  TestBed bed;
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 1}})));
  model::Instance newer = *bed.fake.FindByNode("web[0]");
  newer.id.clear();
  newer.owner.incarnation = 7;
  newer.owner.token = model::MakeToken(bed.Lineage(), "web", {0, ""}, 7);
  bed.fake.Put(newer);
  bed.fake.Vanish("i-000001");
  model::ClusterSpec spec = TestBed::Spec({{"web", 1}});
  spec.text += " # a comment";
  spec.hash = base::Sha256(spec.text);
  const auto result = bed.Apply(spec);
  REQUIRE(result);
  CHECK(result->nothing_to_do);
  CHECK(bed.history.Subjects("shop").size() == 1);
  CHECK(result->plan.drift.empty());
  CHECK(!result->plan.groups.at(0).frozen.empty());
}

TEST_CASE("an unfinished run of a frozen group is not published again and again") {
  TestBed bed;
  bed.fake.on_call = [](const test::FakeCall& call) {
    return call.kind == test::CallKind::kCreate ? test::FakeAnswer::Fail(base::ErrorCode::kDenied, "no")
                                                : test::FakeAnswer::Go();
  };
  const model::ClusterSpec spec = TestBed::Spec({{"web", 1}});
  REQUIRE(bed.Apply(spec));
  bed.fake.on_call = [](const test::FakeCall& call) {
    return call.kind == test::CallKind::kList ? test::FakeAnswer::Fail(base::ErrorCode::kUnavailable, "down")
                                              : test::FakeAnswer::Go();
  };
  const std::size_t published = bed.history.Subjects("shop").size();
  REQUIRE(bed.Apply(spec));
  CHECK(bed.history.Subjects("shop").size() == published);
}
