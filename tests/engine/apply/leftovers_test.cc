// Strays, adoptions, and what follows a destroy that was cut off.
#include <catch2/catch.hpp>

#include "tests/engine/apply/test_bed.h"

using namespace kadende;
using test::TestBed;

namespace {

void RequireDone(const base::Result<apply::RunResult>& result) {
  if (!result) FAIL(result.error().message);
  CHECK(result->execution.Complete());
  CHECK(result->publish_error.empty());
}

}  // namespace

TEST_CASE("several strays with one token leave in one apply, also where the first may not be destroyed") {
  const bool denied = GENERATE(false, true);
  TestBed bed;
  RequireDone(bed.Apply(TestBed::Spec({{"web", 1}})));
  model::Instance stray = *bed.fake.FindByNode("web[0]");
  for (int i = 0; i < 3; ++i) {
    stray.id.clear();
    bed.fake.Put(stray);
  }
  bed.parallelism = 4;
  bed.fake.on_call = [denied](const test::FakeCall& call) {
    return call.kind == test::CallKind::kDestroy && denied && call.id == "i-000002"
               ? test::FakeAnswer::Fail(base::ErrorCode::kDenied, "no")
               : test::FakeAnswer::Go();
  };
  const auto result = bed.Apply(TestBed::Spec({{"web", 1}}));
  REQUIRE(result);
  CHECK(result->execution.failed == (denied ? 1 : 0));
  CHECK(result->execution.skipped == 0);
  CHECK(result->execution.done.strays == (denied ? 2 : 3));
  CHECK(bed.World() == (denied ? "web[0]#1 web[0]#1" : "web[0]#1"));
  CHECK(bed.Rows() == "web[0]#1 live");
}

TEST_CASE("an adopted instance is recorded with the attributes that are kept") {
  TestBed bed;
  bed.fake.manifest.kept_attributes = {"zone"};
  bed.fake.kept = R"({"zone":"b"})";
  model::ClusterSpec spec = TestBed::Spec({{"web", 2}});
  spec.groups[0].policy.orphans = model::OrphanPolicy::kAdopt;
  RequireDone(bed.Apply(spec));
  const model::Instance lost = *bed.fake.FindByNode("web[1]");
  bed.fake.Vanish(lost.id);
  spec.groups[0].size = 1;
  spec.hash = base::Sha256("one");
  RequireDone(bed.Apply(spec));
  model::Instance back = lost;
  back.id.clear();
  back.attributes = R"({"password":"x","zone":"b"})";
  bed.fake.Put(back);
  spec.groups[0].size = 2;
  spec.hash = base::Sha256("two");
  RequireDone(bed.Apply(spec));
  const model::ClusterState state = bed.State();
  const model::NodeRecord* adopted = state.groups.at("web").Live(1);
  REQUIRE(adopted != nullptr);
  CHECK(adopted->incarnation == 1);
  CHECK(adopted->attributes == R"({"zone":"b"})");
}

TEST_CASE("an apply after a cut destroy says that it turns it around, and destroy goes on with it") {
  TestBed bed;
  const model::ClusterSpec spec = TestBed::Spec({{"web", 2}});
  RequireDone(bed.Apply(spec));
  bed.fake.on_call = [](const test::FakeCall& call) {
    return call.kind == test::CallKind::kDestroy && call.node == "web[1]"
               ? test::FakeAnswer::Fail(base::ErrorCode::kDenied, "no")
               : test::FakeAnswer::Go();
  };
  REQUIRE(bed.Destroy());
  bed.fake.on_call = nullptr;
  const auto back = bed.Apply(spec);
  RequireDone(back);
  CHECK(back->plan.reverses_destroy);
  CHECK(!back->plan.continues_run);
  CHECK(bed.State().groups.at("web").record.current == bed.State().groups.at("web").record.target);
  CHECK(bed.State().groups.at("web").LiveCount() == 2);
}
