#include "engine/apply/run.h"

#include <catch2/catch.hpp>

#include "tests/engine/apply/test_bed.h"

using namespace kadende;
using model::EventKind;
using test::TestBed;

namespace {

void RequireDone(const base::Result<apply::RunResult>& result) {
  if (!result) FAIL(result.error().message);
  CHECK(result->execution.Complete());
  CHECK(result->publish_error.empty());
}

std::string LastMessage(const TestBed& bed, EventKind kind) {
  std::string message;
  for (const model::Event& event : bed.observer.events) {
    if (event.kind == kind) message = event.message;
  }
  return message;
}

// Creates have their effect, but nobody hears of it, for as long as `lose`, which must outlive the calls.
void LoseCreates(TestBed& bed, const bool& lose) {
  bed.fake.on_call = [&lose](const test::FakeCall& call) {
    return call.kind == test::CallKind::kCreate && lose ? test::FakeAnswer::Lost() : test::FakeAnswer::Go();
  };
}

}  // namespace

TEST_CASE("a first apply makes lineage, id, nodes and one commit") {
  TestBed bed;
  const auto result = bed.Apply(TestBed::Spec({{"web", 3}}));
  RequireDone(result);
  CHECK(result->execution.done.create == 3);
  CHECK(result->lineage.size() == 26);
  CHECK(bed.Rows() == "web[0]#1 live, web[1]#1 live, web[2]#1 live");
  CHECK(bed.World() == "web[0]#1 web[1]#1 web[2]#1");
  CHECK(bed.history.Subjects("shop") == std::vector<std::string>{"apply shop: +3"});
  const model::ClusterState state = bed.State();
  CHECK(state.cluster.serial == 1);
  CHECK(state.cluster.id.size() == 26);
  CHECK(!state.cluster.run);
  CHECK(state.IsPublished());
  CHECK(state.groups.at("web").record.current == state.groups.at("web").record.target);
  CHECK(state.groups.at("web").record.current.size == 3);
  CHECK(state.groups.at("web").record.revisions.size() == 1);
  CHECK(state.groups.at("web").record.revisions[0].scope == "fake:{}");
  CHECK(bed.observer.Count(EventKind::kNodeCreated) == 3);
  CHECK(bed.observer.Count(EventKind::kRunFinished) == 1);
}

TEST_CASE("a first apply locks the name and then the lineage that it made") {
  TestBed bed;
  const auto result = bed.Apply(TestBed::Spec({{"web", 1}}));
  RequireDone(result);
  const auto requests = bed.leadership.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].lineage == "new:shop");
  CHECK(requests[1].lineage == result->lineage);
  CHECK(requests[1].groups.empty());
  CHECK(bed.leadership.held() == 0);
}

TEST_CASE("applying again does nothing and makes no commit") {
  TestBed bed;
  RequireDone(bed.Apply(TestBed::Spec({{"web", 2}})));
  const std::size_t commits = bed.store.commits().size();
  const auto again = bed.Apply(TestBed::Spec({{"web", 2}}));
  RequireDone(again);
  CHECK(again->nothing_to_do);
  CHECK(!again->published);
  CHECK(bed.store.commits().size() == commits);
}

TEST_CASE("a new text that changes no node is recorded and published without asking") {
  TestBed bed;
  RequireDone(bed.Apply(TestBed::Spec({{"web", 2}})));
  model::ClusterSpec spec = TestBed::Spec({{"web", 2}});
  spec.text += " # a comment";
  spec.hash = base::Sha256(spec.text);
  apply::RunRequest request = bed.Request(spec);
  request.approve = [](const model::Plan&) -> bool { throw std::logic_error("asked"); };
  const auto result = apply::Run(request, bed.Ports());
  RequireDone(result);
  CHECK(result->nothing_to_do);
  CHECK(bed.history.Subjects("shop").back() == "apply shop: settings only");
  CHECK(bed.State().cluster.spec_text == spec.text);
}

TEST_CASE("scaling down destroys the surplus and keeps its incarnations") {
  TestBed bed;
  RequireDone(bed.Apply(TestBed::Spec({{"web", 3}})));
  RequireDone(bed.Apply(TestBed::Spec({{"web", 1}})));
  CHECK(bed.Rows() == "web[0]#1 live");
  CHECK(bed.World() == "web[0]#1");
  RequireDone(bed.Apply(TestBed::Spec({{"web", 2}})));
  CHECK(bed.Rows() == "web[0]#1 live, web[1]#2 live");
  CHECK(bed.history.Subjects("shop") == std::vector<std::string>{"apply shop: +3", "apply shop: -2", "apply shop: +1"});
}

TEST_CASE("a launch-first replacement creates before it destroys, one at a time") {
  TestBed bed;
  RequireDone(bed.Apply(TestBed::Spec({{"web", 2}})));
  bed.fake.ForgetCalls();
  const auto result = bed.Apply(TestBed::Spec({{"web", 2}}, "b"));
  RequireDone(result);
  CHECK(result->execution.done.replace == 2);
  CHECK(bed.Calls() ==
        "create web[0]#2\n"
        "destroy web[0]#1 i-000001 revision_changed\n"
        "create web[1]#2\n"
        "destroy web[1]#1 i-000002 revision_changed\n");
  CHECK(bed.Rows() == "web[0]#2 live, web[1]#2 live");
  CHECK(bed.history.Subjects("shop").back() == "apply shop: -/+2");
  CHECK(bed.State().groups.at("web").record.revisions.size() == 1);
}

TEST_CASE("a replacement that ends at once fails, and the healthy nodes stay") {
  TestBed bed;
  RequireDone(bed.Apply(TestBed::Spec({{"web", 2}})));
  bed.fake.born = model::InstanceStatus::kTerminated;
  bed.fake.born_reason = "exit code 1";
  const auto result = bed.Apply(TestBed::Spec({{"web", 2}}, "b"));
  REQUIRE(result);
  CHECK(!result->execution.Complete());
  CHECK(result->execution.failed == 1);
  CHECK(bed.Rows() == "web[0]#1 live, web[0]#2 leaving, web[1]#1 live");
  CHECK_THAT(LastMessage(bed, EventKind::kCreateFailed), Catch::Contains("ended at once: exit code 1"));
  bed.fake.born = model::InstanceStatus::kRunning;
  RequireDone(bed.Apply(TestBed::Spec({{"web", 2}}, "b")));
  CHECK(bed.Rows() == "web[0]#3 live, web[1]#2 live");
  CHECK(bed.World() == "web[0]#3 web[1]#2");
}

TEST_CASE("a destroy-first replacement destroys before it creates") {
  TestBed bed;
  model::ClusterSpec spec = TestBed::Spec({{"web", 1}});
  spec.groups[0].policy.rollout.order = model::ReplaceOrder::kDestroyFirst;
  RequireDone(bed.Apply(spec));
  bed.fake.ForgetCalls();
  spec.groups[0].properties = R"({"image":"b"})";
  spec.hash = base::Sha256("b");
  RequireDone(bed.Apply(spec));
  CHECK(bed.Calls() ==
        "destroy web[0]#1 i-000001 revision_changed\n"
        "create web[0]#2\n");
  CHECK(bed.Rows() == "web[0]#2 live");
}

TEST_CASE("a replacement is three transactions between opening and closing") {
  TestBed bed;
  RequireDone(bed.Apply(TestBed::Spec({{"web", 1}})));
  const std::size_t before = bed.store.commits().size();
  RequireDone(bed.Apply(TestBed::Spec({{"web", 1}}, "b")));
  // opening, three, closing, published
  CHECK(bed.store.commits().size() - before == 6);
}

TEST_CASE("destroy leaves tombstones and a removed group") {
  TestBed bed;
  RequireDone(bed.Apply(TestBed::Spec({{"web", 2}})));
  const auto result = bed.Destroy();
  RequireDone(result);
  CHECK(bed.Rows().empty());
  CHECK(bed.World().empty());
  CHECK(bed.history.Subjects("shop").back() == "destroy shop: -2");
  const model::GroupState group = bed.State().groups.at("web");
  CHECK(group.nodes.size() == 2);
  CHECK(group.record.current.revision.IsZero());
  CHECK(group.record.revisions.empty());
  RequireDone(bed.Apply(TestBed::Spec({{"web", 1}})));
  CHECK(bed.Rows() == "web[0]#2 live");
}

TEST_CASE("what vanished is created again under a new incarnation") {
  TestBed bed;
  RequireDone(bed.Apply(TestBed::Spec({{"web", 2}})));
  bed.fake.Vanish("i-000001");
  RequireDone(bed.Apply(TestBed::Spec({{"web", 2}})));
  CHECK(bed.Rows() == "web[0]#2 live, web[1]#1 live");
  CHECK(bed.observer.Count(EventKind::kNodeGone) == 1);
}

TEST_CASE("what is listed as terminated is replaced and cleared away") {
  TestBed bed;
  RequireDone(bed.Apply(TestBed::Spec({{"web", 1}})));
  bed.fake.SetStatus("i-000001", model::InstanceStatus::kTerminated);
  RequireDone(bed.Apply(TestBed::Spec({{"web", 1}})));
  CHECK(bed.Rows() == "web[0]#2 live");
}

TEST_CASE("declining leaves everything as it was") {
  TestBed bed;
  const model::ClusterSpec spec = TestBed::Spec({{"web", 2}});
  apply::RunRequest request = bed.Request(spec);
  request.approve = [](const model::Plan& plan) { return plan.counts.create != 2; };
  const auto result = apply::Run(request, bed.Ports());
  REQUIRE(result);
  CHECK(result->declined);
  CHECK(bed.Lineage().empty());
  CHECK(bed.Calls().empty());
}

TEST_CASE("a reviewed plan is refused when the world moved, and says where") {
  TestBed bed;
  RequireDone(bed.Apply(TestBed::Spec({{"web", 2}})));
  const model::ClusterSpec spec = TestBed::Spec({{"web", 3}});
  const auto planned = plan::MakePlan(&spec, bed.State(), bed.providers, {}, bed.clock.Now());
  REQUIRE(planned);
  bed.fake.Vanish("i-000002");
  apply::RunRequest request = bed.Request(spec);
  request.reviewed = &planned->plan;
  const std::size_t commits = bed.store.commits().size();
  const auto result = apply::Run(request, bed.Ports());
  REQUIRE(!result);
  CHECK(result.error().code == base::ErrorCode::kConflict);
  CHECK_THAT(result.error().message, Catch::Contains("web[1]"));
  CHECK(bed.store.commits().size() == commits);
}

TEST_CASE("a reviewed plan that still holds is applied") {
  TestBed bed;
  const model::ClusterSpec spec = TestBed::Spec({{"web", 2}});
  const auto planned = plan::MakePlan(&spec, bed.State(), bed.providers, {}, bed.clock.Now());
  REQUIRE(planned);
  apply::RunRequest request = bed.Request(spec);
  request.reviewed = &planned->plan;
  RequireDone(apply::Run(request, bed.Ports()));
}

TEST_CASE("a run whose creates all failed says that nothing was done") {
  TestBed bed;
  bed.fake.on_call = [](const test::FakeCall& call) {
    if (call.kind != test::CallKind::kCreate) return test::FakeAnswer::Go();
    return test::FakeAnswer::Fail(base::ErrorCode::kDenied, "no");
  };
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 2}})));
  CHECK(bed.history.Subjects("shop").back() == "apply shop: nothing done (unfinished)");
  // Nothing came to be in the scope that was recorded then, so another one is as good.
  bed.fake.on_call = nullptr;
  bed.fake.SetScope("account-2");
  RequireDone(bed.Apply(TestBed::Spec({{"web", 2}})));
  CHECK(bed.Rows() == "web[0]#2 live, web[1]#2 live");
  CHECK(bed.State().groups.at("web").record.revisions.at(0).scope == "account-2");
}

TEST_CASE("a failed create leaves the run unfinished, and the next apply goes on") {
  TestBed bed;
  bed.fake.on_call = [](const test::FakeCall& call) {
    if (call.kind == test::CallKind::kCreate && call.node == "web[1]") {
      return test::FakeAnswer::Fail(base::ErrorCode::kDenied, "no");
    }
    return test::FakeAnswer::Go();
  };
  const auto result = bed.Apply(TestBed::Spec({{"web", 3}}));
  REQUIRE(result);
  CHECK(result->execution.failed == 1);
  CHECK(result->execution.done.create == 2);
  CHECK(bed.Rows() == "web[0]#1 live, web[2]#1 live");
  CHECK(bed.history.Subjects("shop").back() == "apply shop: +2 (unfinished)");
  model::ClusterState state = bed.State();
  CHECK(!state.cluster.run);
  CHECK(state.groups.at("web").record.target.size == 3);
  CHECK(!(state.groups.at("web").record.current == state.groups.at("web").record.target));
  bed.fake.on_call = nullptr;
  const auto again = bed.Apply(TestBed::Spec({{"web", 3}}));
  RequireDone(again);
  CHECK(again->plan.continues_run);
  CHECK(bed.Rows() == "web[0]#1 live, web[1]#2 live, web[2]#1 live");
  state = bed.State();
  CHECK(state.groups.at("web").record.current == state.groups.at("web").record.target);
}

TEST_CASE("abandon returns to what was in force") {
  TestBed bed;
  RequireDone(bed.Apply(TestBed::Spec({{"web", 1}})));
  bed.fake.on_call = [](const test::FakeCall& call) {
    if (call.kind == test::CallKind::kCreate && call.node == "web[2]") {
      return test::FakeAnswer::Fail(base::ErrorCode::kDenied, "no");
    }
    return test::FakeAnswer::Go();
  };
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 3}})));
  bed.fake.on_call = nullptr;
  apply::RunRequest request = bed.Request({});
  request.spec = nullptr;
  request.plan.abandon = true;
  RequireDone(apply::Run(request, bed.Ports()));
  CHECK(bed.Rows() == "web[0]#1 live");
  const auto record = bed.State().groups.at("web").record;
  CHECK(record.current.size == 1);
  CHECK(record.current == record.target);
  CHECK(bed.State().cluster.spec_text == TestBed::Spec({{"web", 1}}).text);
  CHECK(bed.State().cluster.spec_hash == TestBed::Spec({{"web", 1}}).hash);
}

TEST_CASE("a lost answer of a create is settled by the same token") {
  TestBed bed;
  bool lose = true;
  LoseCreates(bed, lose);
  apply::RunRequest request = bed.Request({});
  const model::ClusterSpec spec = TestBed::Spec({{"web", 1}});
  request.spec = &spec;
  request.execute.retry.attempts = 1;
  const auto result = apply::Run(request, bed.Ports());
  REQUIRE(result);
  CHECK(result->execution.unknown == 1);
  CHECK(bed.Rows() == "web[0]#1 create?");
  lose = false;
  RequireDone(bed.Apply(spec));
  CHECK(bed.Rows() == "web[0]#1 live");
  CHECK(bed.fake.created() == 1);
}

TEST_CASE("listings of another scope do not prove that a lost create never came to be") {
  TestBed bed;
  bed.fake.manifest.idempotent_tokens = false;
  bed.fake.on_call = [](const test::FakeCall& call) {
    return call.kind == test::CallKind::kCreate ? test::FakeAnswer::Lost() : test::FakeAnswer::Go();
  };
  const model::ClusterSpec spec = TestBed::Spec({{"web", 1}});
  apply::RunRequest request = bed.Request(spec);
  request.execute.retry.attempts = 1;
  REQUIRE(apply::Run(request, bed.Ports()));
  const std::string id = bed.fake.FindByNode("web[0]")->id;
  bed.fake.Hide(id, true);
  bed.clock.Advance(std::chrono::hours(1));
  int lists = 0;  // the first one is refresh's
  bed.fake.on_call = [&](const test::FakeCall& call) {
    if (call.kind == test::CallKind::kList && ++lists == 2) bed.fake.SetScope("account-2");
    return test::FakeAnswer::Go();
  };
  request.lineage = bed.Lineage();
  REQUIRE(apply::Run(request, bed.Ports()));
  CHECK(bed.Rows() == "web[0]#1 create?");
  bed.fake.on_call = nullptr;
  bed.fake.SetScope("");
  bed.fake.Hide(id, false);
  RequireDone(bed.Apply(spec));
  CHECK(bed.Rows() == "web[0]#1 live");
  CHECK(bed.fake.created() == 1);
}

TEST_CASE("a create that came to be unseen and has ended since is made anew under a new incarnation") {
  TestBed bed;
  bool lose = true;
  LoseCreates(bed, lose);
  apply::RunRequest request = bed.Request({});
  const model::ClusterSpec spec = TestBed::Spec({{"web", 1}});
  request.spec = &spec;
  request.execute.retry.attempts = 1;
  REQUIRE(apply::Run(request, bed.Ports()));
  REQUIRE(bed.Rows() == "web[0]#1 create?");
  lose = false;
  bed.fake.Vanish(bed.fake.FindByNode("web[0]")->id);
  RequireDone(bed.Apply(spec));
  CHECK(bed.Rows() == "web[0]#2 live");
  CHECK(bed.World() == "web[0]#2");
}

TEST_CASE("two cut replacements of one slot that both came to be leave one live node") {
  TestBed bed;
  RequireDone(bed.Apply(TestBed::Spec({{"web", 1}}, "a")));
  bool lose = true;
  LoseCreates(bed, lose);
  const auto cut = [&bed](const char* image) {
    apply::RunRequest request = bed.Request({});
    const model::ClusterSpec spec = TestBed::Spec({{"web", 1}}, image);
    request.spec = &spec;
    request.execute.retry.attempts = 1;
    REQUIRE(apply::Run(request, bed.Ports()));
  };
  cut("b");
  const std::string first = bed.fake.FindByNode("web[0]")->id;
  bed.fake.Hide(first, true);
  cut("c");
  REQUIRE(bed.Rows() == "web[0]#1 live, web[0]#2 create?, web[0]#3 create?");
  bed.fake.Hide(first, false);
  lose = false;
  RequireDone(bed.Apply(TestBed::Spec({{"web", 1}}, "c")));
  CHECK(bed.Rows() == "web[0]#3 live");
  CHECK(bed.World() == "web[0]#3");
}

TEST_CASE("a renamed group keeps its machines") {
  TestBed bed;
  RequireDone(bed.Apply(TestBed::Spec({{"front", 2}})));
  model::ClusterSpec spec = TestBed::Spec({{"web", 2}});
  spec.groups[0].moved_from = "front";
  RequireDone(bed.Apply(spec));
  CHECK(bed.Rows() == "web[0]#1 live, web[1]#1 live");
  CHECK(bed.State().groups.at("front").record.moved_to == "web");
  CHECK(bed.fake.created() == 2);
  const auto again = bed.Apply(spec);
  RequireDone(again);
  CHECK(again->nothing_to_do);
}

TEST_CASE("a renamed cluster continues its line of commits") {
  TestBed bed;
  RequireDone(bed.Apply(TestBed::Spec({{"web", 1}})));
  model::ClusterSpec spec = TestBed::Spec({{"web", 2}});
  spec.name = "store";
  RequireDone(bed.Apply(spec));
  CHECK(bed.history.Subjects("store") == std::vector<std::string>{"apply shop: +1", "apply store: +1"});
  CHECK(bed.history.Subjects("shop").empty());
}

TEST_CASE("a history that fails is reported beside the run, and the next run publishes") {
  TestBed bed;
  bed.history.before_commit = [] { return base::Status(base::Fail(base::ErrorCode::kUnavailable, "disk full")); };
  const auto result = bed.Apply(TestBed::Spec({{"web", 1}}));
  REQUIRE(result);
  CHECK(result->execution.Complete());
  CHECK(result->publish_error == "disk full");
  CHECK(!bed.State().IsPublished());
  bed.history.before_commit = nullptr;
  RequireDone(bed.Apply(TestBed::Spec({{"web", 1}})));
  CHECK(bed.history.Subjects("shop") == std::vector<std::string>{"apply shop: +1 (published later)"});
  CHECK(bed.State().IsPublished());
}

TEST_CASE("only targeted groups are touched") {
  TestBed bed;
  RequireDone(bed.Apply(TestBed::Spec({{"db", 1}, {"web", 1}})));
  const model::ClusterSpec spec = TestBed::Spec({{"db", 2}, {"web", 2}});
  apply::RunRequest request = bed.Request(spec);
  request.plan.targets = {"web"};
  RequireDone(apply::Run(request, bed.Ports()));
  CHECK(bed.Rows() == "db[0]#1 live, web[0]#1 live, web[1]#1 live");
  CHECK(bed.State().groups.at("db").record.target.size == 1);
  CHECK(bed.State().groups.at("web").record.current.size == 2);
}

TEST_CASE("a person's edit is one change, one commit, and the next plan sees it") {
  TestBed bed;
  RequireDone(bed.Apply(TestBed::Spec({{"web", 1}})));
  apply::EditRequest edit;
  edit.lineage = bed.Lineage();
  edit.group = "web";
  edit.actor = "tester";
  edit.subject = "taint shop: web[0]";
  edit.change = [](const model::ClusterState& state) -> base::Result<model::StateChanges> {
    model::NodeRecord node = *state.groups.at("web").Live(0);
    node.tainted = true;
    return model::StateChanges{model::NodeChanged{"web", node}};
  };
  const auto published = apply::Edit(edit, bed.Ports());
  REQUIRE(published);
  REQUIRE(*published);
  CHECK((*published)->serial == 2);
  CHECK(bed.history.Subjects("shop").back() == "taint shop: web[0]");
  RequireDone(bed.Apply(TestBed::Spec({{"web", 1}})));
  CHECK(bed.Rows() == "web[0]#2 live");
}

TEST_CASE("an edit without a change publishes nothing") {
  TestBed bed;
  RequireDone(bed.Apply(TestBed::Spec({{"web", 1}})));
  apply::EditRequest edit;
  edit.lineage = bed.Lineage();
  edit.change = [](const model::ClusterState&) -> base::Result<model::StateChanges> { return model::StateChanges{}; };
  const auto published = apply::Edit(edit, bed.Ports());
  REQUIRE(published);
  CHECK(!*published);
  CHECK(bed.history.Subjects("shop").size() == 1);
}

TEST_CASE("a lock that is held is an error that names the holder") {
  TestBed bed;
  RequireDone(bed.Apply(TestBed::Spec({{"web", 1}})));
  bed.leadership.Refuse(base::Error{base::ErrorCode::kConflict, "held by ann since noon", {}, {}});
  const auto result = bed.Apply(TestBed::Spec({{"web", 2}}));
  REQUIRE(!result);
  CHECK(result.error().message == "held by ann since noon");
}
