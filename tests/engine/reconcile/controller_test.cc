#include "engine/reconcile/controller.h"

#include <catch2/catch.hpp>

#include "tests/engine/apply/test_bed.h"

using namespace kadende;
using test::TestBed;

namespace {

base::Result<reconcile::PassResult> Pass(TestBed& bed) {
  return reconcile::Pass(bed.Lineage(), bed.Ports(),
                         {.parallelism = 4, .drain = {}, .abort = {}, .actor = "watcher", .health = {}});
}

}  // namespace

TEST_CASE("a pass over a healthy cluster writes nothing") {
  TestBed bed;
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 2}})));
  const std::size_t commits = bed.store.commits().size();
  const auto pass = Pass(bed);
  REQUIRE(pass);
  CHECK(!pass->changed);
  CHECK(bed.store.commits().size() == commits);
}

TEST_CASE("a pass brings back what is gone, with one commit") {
  TestBed bed;
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 3}})));
  bed.fake.Vanish("i-000001");
  bed.fake.Vanish("i-000003");
  const auto pass = Pass(bed);
  REQUIRE(pass);
  CHECK(pass->changed);
  CHECK(bed.Rows() == "web[0]#2 live, web[1]#1 live, web[2]#2 live");
  CHECK(bed.history.Subjects("shop") == std::vector<std::string>{"apply shop: +3", "watch shop: +2"});
}

TEST_CASE("a pass destroys no surplus of an unfinished run and sets no target") {
  TestBed bed;
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 2}})));
  bed.fake.on_call = [](const test::FakeCall& call) {
    return call.kind == test::CallKind::kCreate ? test::FakeAnswer::Fail(base::ErrorCode::kDenied, "no")
                                                : test::FakeAnswer::Go();
  };
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 2}}, "b")));
  bed.fake.on_call = nullptr;
  const auto before = bed.State().groups.at("web").record;
  const auto pass = Pass(bed);
  REQUIRE(pass);
  CHECK(!pass->changed);
  CHECK(bed.World() == "web[0]#1 web[1]#1");
  CHECK(bed.State().groups.at("web").record.target == before.target);
}

TEST_CASE("failing creates back off, doubling, and a success that lasts resets") {
  TestBed bed;
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 2}})));
  bed.fake.Vanish("i-000001");
  bed.fake.Vanish("i-000002");
  bed.fake.on_call = [](const test::FakeCall& call) {
    return call.kind == test::CallKind::kCreate ? test::FakeAnswer::Fail(base::ErrorCode::kDenied, "no")
                                                : test::FakeAnswer::Go();
  };
  auto pass = Pass(bed);
  REQUIRE(pass);
  CHECK(bed.State().groups.at("web").record.backoff.failures == 1);
  CHECK(pass->wake_in == std::chrono::seconds(5));
  bed.fake.ForgetCalls();
  REQUIRE(Pass(bed));
  CHECK(bed.Calls().empty());
  bed.clock.Advance(std::chrono::seconds(5));
  pass = Pass(bed);
  REQUIRE(pass);
  CHECK(bed.State().groups.at("web").record.backoff.failures == 2);
  CHECK(pass->wake_in == std::chrono::seconds(10));
  bed.fake.on_call = nullptr;
  bed.clock.Advance(std::chrono::seconds(10));
  pass = Pass(bed);
  REQUIRE(pass);
  CHECK_FALSE(pass->wake_in);
  CHECK(bed.State().groups.at("web").record.backoff.failures == 2);
  bed.clock.Advance(std::chrono::minutes(5));
  REQUIRE(Pass(bed));
  CHECK(bed.State().groups.at("web").record.backoff.failures == 0);
  CHECK(bed.World().size() == std::string("web[0]#4 web[1]#4").size());
}

TEST_CASE("creates that end at once back off like failed ones") {
  TestBed bed;
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 1}})));
  bed.fake.Vanish("i-000001");
  bed.fake.born = model::InstanceStatus::kTerminated;
  REQUIRE(Pass(bed));
  CHECK(bed.State().groups.at("web").record.backoff.failures == 1);
  CHECK(bed.Rows() == "web[0]#2 leaving");
  bed.fake.ForgetCalls();
  REQUIRE(Pass(bed));
  CHECK(bed.fake.Calls(test::CallKind::kCreate).empty());
  CHECK(bed.World().empty());
}

TEST_CASE("a pass is locked out while another run holds the cluster, and says who") {
  TestBed bed;
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 1}})));
  bed.leadership.Refuse(base::Error{base::ErrorCode::kConflict, "held by ann", {}, {}});
  const auto pass = Pass(bed);
  REQUIRE(pass);
  CHECK(pass->locked_out);
  CHECK(pass->message == "held by ann");
}

TEST_CASE("a pass finishes what a killed apply left: creates with open intents") {
  TestBed bed;
  bed.fake.on_call = [](const test::FakeCall& call) {
    return call.kind == test::CallKind::kCreate ? test::FakeAnswer::Lost() : test::FakeAnswer::Go();
  };
  const model::ClusterSpec spec = TestBed::Spec({{"web", 2}});
  apply::RunRequest request = bed.Request(spec);
  request.execute.retry.attempts = 1;
  REQUIRE(apply::Run(request, bed.Ports()));
  CHECK(bed.Rows() == "web[0]#1 create?, web[1]#1 create?");
  bed.fake.on_call = nullptr;
  const auto pass = Pass(bed);
  REQUIRE(pass);
  CHECK(bed.Rows() == "web[0]#1 live, web[1]#1 live");
  CHECK(bed.fake.created() == 2);
}

namespace {

// A second instance with the token of web[0]#1, as a provider without idempotent tokens makes it.
std::string PutStray(TestBed& bed) {
  model::Instance stray = *bed.fake.FindByNode("web[0]");
  stray.id.clear();
  return bed.fake.Put(std::move(stray));
}

test::FakeAnswer DenyDestroys(const test::FakeCall& call) {
  return call.kind == test::CallKind::kDestroy ? test::FakeAnswer::Fail(base::ErrorCode::kDenied, "not allowed")
                                               : test::FakeAnswer::Go();
}

test::FakeAnswer DenyCreates(const test::FakeCall& call) {
  return call.kind == test::CallKind::kCreate ? test::FakeAnswer::Fail(base::ErrorCode::kDenied, "no quota")
                                              : test::FakeAnswer::Go();
}

std::size_t Published(const TestBed& bed) {
  return bed.history.Subjects("shop").size();
}

}  // namespace

TEST_CASE("denied destroys back off, doubling, make no commit, and a success resets") {
  TestBed bed;
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 1}})));
  PutStray(bed);
  bed.fake.on_call = DenyDestroys;
  auto pass = Pass(bed);
  REQUIRE(pass);
  CHECK(pass->execution.failed == 1);
  CHECK(Published(bed) == 1);
  model::ClusterState state = bed.State();
  CHECK(!state.cluster.run);
  CHECK(state.groups.at("web").record.destroy_backoff.failures == 1);
  CHECK(state.groups.at("web").record.destroy_backoff.last_error == "not allowed");
  CHECK(pass->wake_in == std::chrono::seconds(5));

  bed.fake.ForgetCalls();
  pass = Pass(bed);
  REQUIRE(pass);
  CHECK(!pass->changed);
  CHECK(bed.Calls().empty());
  CHECK(Published(bed) == 1);
  REQUIRE(pass->plan.groups.at(0).notes.size() == 1);
  CHECK_THAT(pass->plan.groups.at(0).notes.at(0), Catch::Contains("1 destroy held back until"));

  bed.clock.Advance(std::chrono::seconds(5));
  pass = Pass(bed);
  REQUIRE(pass);
  CHECK(pass->wake_in == std::chrono::seconds(10));
  bed.fake.on_call = nullptr;
  bed.clock.Advance(std::chrono::seconds(10));
  REQUIRE(Pass(bed));
  CHECK(bed.World() == "web[0]#1");
  CHECK(bed.State().groups.at("web").record.destroy_backoff.failures == 0);
  CHECK(bed.history.Subjects("shop").back() == "watch shop: -1");
}

TEST_CASE("a pass in which every create fails makes no commit, and the next that changes something has its notes") {
  TestBed bed;
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 1}})));
  bed.fake.Vanish("i-000001");
  REQUIRE(Pass(bed));
  REQUIRE(Published(bed) == 2);
  bed.clock.Advance(std::chrono::minutes(16));  // else its end is a failed create
  bed.fake.Vanish("i-000002");
  bed.fake.on_call = DenyCreates;
  REQUIRE(Pass(bed));
  const std::size_t published = Published(bed);  // the row that is gone
  for (int i = 0; i < 4; ++i) {
    bed.clock.Advance(std::chrono::minutes(5));
    const auto pass = Pass(bed);
    REQUIRE(pass);
    CHECK(pass->execution.failed == 1);
  }
  CHECK(Published(bed) == published);
  CHECK(bed.State().groups.at("web").record.backoff.failures == 5);
  CHECK(!bed.State().cluster.run);
  bed.fake.on_call = nullptr;
  bed.clock.Advance(std::chrono::minutes(5));
  REQUIRE(Pass(bed));
  CHECK(Published(bed) == published + 1);
  CHECK(bed.State().IsPublished());
}

TEST_CASE("what is held back from being destroyed does not keep a missing node from coming back") {
  TestBed bed;
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 1}})));
  PutStray(bed);
  bed.fake.on_call = DenyDestroys;
  REQUIRE(Pass(bed));
  bed.fake.Vanish("i-000001");
  REQUIRE(Pass(bed));
  CHECK(bed.Rows() == "web[0]#2 live");
}

TEST_CASE("an apply does not wait for the backoff of automatic destroys") {
  TestBed bed;
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 1}})));
  PutStray(bed);
  bed.fake.on_call = DenyDestroys;
  REQUIRE(Pass(bed));
  bed.fake.on_call = nullptr;
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 1}})));
  CHECK(bed.World() == "web[0]#1");
  CHECK(bed.State().groups.at("web").record.destroy_backoff.failures == 0);
}

TEST_CASE("health is asked for when the provider has been heard, not before: a listing may take long") {
  TestBed bed;
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 2}})));
  bool listed = false;
  int asked = 0;
  bed.fake.on_call = [&listed](const test::FakeCall& call) {
    listed = listed || call.kind == test::CallKind::kList;
    return test::FakeAnswer::Go();
  };
  reconcile::PassOptions options;
  options.health = [&](const model::ClusterState& state) {
    CHECK(state.cluster.lineage == bed.Lineage());
    CHECK(listed);
    ++asked;
    reconcile::PassHealth health;
    health.now = health.watching_since = bed.clock.Now() + std::chrono::hours(1);  // the watch's own clock
    return health;
  };
  const auto pass = reconcile::Pass(bed.Lineage(), bed.Ports(), options);
  REQUIRE(pass);
  CHECK(asked == 1);
  REQUIRE(pass->health);
  CHECK(pass->health->at("web").at(0).last_at == bed.clock.Now() + std::chrono::hours(1));
}
