// adopt and forget: what is refused, what is done, and what a run makes of one that was cut off between two steps.
#include "engine/apply/adoption.h"

#include <catch2/catch.hpp>

#include "engine/apply/forgetting.h"
#include "tests/engine/apply/test_bed.h"

namespace kadende::test {
namespace {

using apply::Adoption;

constexpr base::Millis kTimeout = std::chrono::seconds(5);

class Bed : public TestBed {
 public:
  explicit Bed(std::uint32_t size) {
    fake.manifest.abilities = {"retag"};
    REQUIRE(Apply(Spec({{"web", size}})));
  }

  void ByHand(const std::string& id) {
    model::Instance instance;
    instance.id = id;
    instance.name = "legacy";
    instance.status = model::InstanceStatus::kRunning;
    instance.labels = {{"tier", "db"}};
    fake.Put(instance);
  }

  base::Result<Adoption> Find(const std::string& node, const std::string& id, const std::string& from = {}) {
    request = {node, id, from, "ann", kTimeout};
    return apply::FindAdoption(State(), request, providers, clock.Now());
  }

  std::string Why(const std::string& node, const std::string& id, const std::string& from = {}) {
    auto found = Find(node, id, from);
    return found ? "adopted" : found.error().message;
  }

  base::Status Adopt(const std::string& node, const std::string& id, const std::string& from = {}) {
    auto found = Find(node, id, from);
    if (!found) return tl::unexpected(found.error());
    apply::EditRequest edit;
    edit.lineage = Lineage();
    edit.actor = "ann";
    edit.subject = "adopt";
    edit.change = [&](const model::ClusterState& state) -> base::Result<model::StateChanges> {
      return apply::BeginAdoption(state, *found, "ann", clock.Now());
    };
    edit.act = [&](const model::ClusterState& state) {
      return apply::FinishAdoption(state, *found, request, providers, clock.Now());
    };
    auto done = apply::Edit(edit, Ports());
    return done ? base::Status() : tl::unexpected(done.error());
  }

  void Commit(const model::StateChanges& changes) { REQUIRE(store.Commit(Lineage(), changes)); }

  model::StateChanges Forgetting(const std::string& group, std::uint32_t ordinal) {
    const model::ClusterState state = State();
    auto changes = apply::BeginForgetting(state, group, *state.groups.at(group).Live(ordinal), "ann", clock.Now());
    REQUIRE(changes);
    return *changes;
  }

  apply::AdoptRequest request;
};

}  // namespace

TEST_CASE("an instance made by hand becomes the node of an empty place, and nothing is made or destroyed for it") {
  Bed bed(1);
  bed.ByHand("i-9");
  const auto found = bed.Find("web[1]", "i-9");
  REQUIRE(found);
  CHECK(found->incarnation == 1);
  CHECK(found->surplus);
  REQUIRE(found->differences.size() == 1);
  CHECK(found->differences[0].path == "labels.tier");
  REQUIRE(bed.Adopt("web[1]", "i-9"));
  CHECK(bed.Rows().find("web[1]#1 live") != std::string::npos);
  CHECK(bed.State().groups.at("web").Live(1)->instance_id == "i-9");
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 2}})));
  CHECK(bed.fake.Calls(CallKind::kCreate).size() == 1);
  CHECK(bed.fake.Calls(CallKind::kDestroy).empty());
}

TEST_CASE("an adoption that was cut off before its mark is finished by the next run, without a create") {
  Bed bed(1);
  bed.ByHand("i-9");
  const auto found = bed.Find("web[1]", "i-9");
  REQUIRE(found);
  bed.Commit(apply::BeginAdoption(bed.State(), *found, "ann", bed.clock.Now()));
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 2}})));
  CHECK(bed.State().groups.at("web").Live(1)->instance_id == "i-9");
  CHECK(bed.State().intents.empty());
  CHECK(bed.fake.Calls(CallKind::kCreate).size() == 1);
  CHECK(bed.observer.Count(model::EventKind::kNodeAdopted) == 1);
}

TEST_CASE("an adoption that was cut off behind its mark is found by its token") {
  Bed bed(1);
  bed.ByHand("i-9");
  const auto found = bed.Find("web[1]", "i-9");
  REQUIRE(found);
  bed.Commit(apply::BeginAdoption(bed.State(), *found, "ann", bed.clock.Now()));
  (void)apply::FinishAdoption(bed.State(), *found, bed.request, bed.providers, bed.clock.Now());
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 2}})));
  CHECK(bed.State().groups.at("web").Live(1)->instance_id == "i-9");
  CHECK(bed.fake.Calls(CallKind::kCreate).size() == 1);
}

TEST_CASE("the same command goes on with its own adoption, another one waits") {
  Bed bed(1);
  bed.ByHand("i-9");
  bed.ByHand("i-8");
  const auto found = bed.Find("web[1]", "i-9");
  REQUIRE(found);
  bed.Commit(apply::BeginAdoption(bed.State(), *found, "ann", bed.clock.Now()));
  CHECK(bed.Why("web[1]", "i-8").find("was cut off") != std::string::npos);
  const auto again = bed.Find("web[1]", "i-9");
  REQUIRE(again);
  CHECK(again->goes_on);
  CHECK(again->incarnation == found->incarnation);
  REQUIRE(bed.Adopt("web[1]", "i-9"));
  CHECK(bed.State().intents.empty());
}

TEST_CASE("what was to be adopted and is not wanted any more is left as it is") {
  Bed bed(1);
  bed.ByHand("i-9");
  const auto found = bed.Find("web[3]", "i-9");
  REQUIRE(found);
  bed.Commit(apply::BeginAdoption(bed.State(), *found, "ann", bed.clock.Now()));
  REQUIRE(bed.Destroy());
  CHECK(bed.State().intents.empty());
  for (const FakeCall& call : bed.fake.Calls(CallKind::kDestroy)) CHECK(call.id != "i-9");
}

TEST_CASE("what cannot be adopted is refused with its reason") {
  Bed bed(2);
  bed.ByHand("i-9");
  const std::string own = bed.State().groups.at("web").Live(0)->instance_id;
  CHECK(bed.Why("web[2]", "i-7").find("has no instance `i-7`") != std::string::npos);
  CHECK(bed.Why("web[2]", own) == "instance " + own + " is web[0] already; `kadende forget web[0]` lets go");
  CHECK(bed.Why("web[1]", "i-9").find("web[1] has a node") == 0);
  CHECK(bed.Why("api[1]", "i-9").find("no group with a place") != std::string::npos);
  model::Instance foreign;
  foreign.id = "i-5";
  foreign.owner.lineage = "somebody-else";
  foreign.owner.cluster = "blog";
  foreign.owner.group = "db";
  foreign.status = model::InstanceStatus::kRunning;
  bed.fake.Put(foreign);
  CHECK(bed.Why("web[2]", "i-5").find("belongs to another cluster (lineage somebody-else") != std::string::npos);
  CHECK(bed.Why("web[2]", "i-5", "somebody-else") == "adopted");
}

TEST_CASE("a provider that cannot mark gives back its own instance into its own place only") {
  Bed bed(2);
  const std::string id = bed.State().groups.at("web").Live(1)->instance_id;
  bed.Commit(bed.Forgetting("web", 1));
  bed.fake.manifest.abilities = {};
  CHECK(bed.Why("web[4]", id).find("only into the place that it was made for") != std::string::npos);
  const auto found = bed.Find("web[1]", id);
  REQUIRE(found);
  CHECK(found->as_it_is);
  CHECK(found->incarnation == 1);
  REQUIRE(bed.Adopt("web[1]", id));
  CHECK(bed.State().groups.at("web").record.forgotten.empty());
  REQUIRE(bed.Apply(TestBed::Spec({{"web", 2}})));
  CHECK(bed.fake.Calls(CallKind::kCreate).size() == 2);
  CHECK(bed.fake.Calls(CallKind::kDestroy).empty());
}

TEST_CASE("a forgotten instance that keeps its tags is no stray, and its place is filled anew") {
  Bed bed(2);
  const std::string id = bed.State().groups.at("web").Live(1)->instance_id;
  bed.Commit(bed.Forgetting("web", 1));
  auto applied = bed.Apply(TestBed::Spec({{"web", 2}}));
  REQUIRE(applied);
  CHECK(bed.fake.Calls(CallKind::kDestroy).empty());
  CHECK(bed.State().groups.at("web").Live(1)->incarnation == 2);
  REQUIRE(applied->plan.groups[0].notes.size() == 1);
  CHECK(applied->plan.groups[0].notes[0].find("instance " + id + " was forgotten by ann") == 0);
  std::string kept;
  model::NodeRecord gone;
  gone.revision = bed.State().groups.at("web").record.current.revision;
  gone.instance_id = id;
  gone.token = model::MakeToken(bed.Lineage(), "web", {1, {}}, 1);
  CHECK(apply::TakeTagsOff(bed.State(), "web", gone, bed.providers, kTimeout, &kept));
  applied = bed.Apply(TestBed::Spec({{"web", 2}}));
  REQUIRE(applied);
  CHECK(applied->plan.groups[0].notes.empty());
  CHECK(bed.fake.Calls(CallKind::kDestroy).empty());
}

TEST_CASE("a held node is not forgotten, and a held place is given to nobody") {
  Bed bed(1);
  bed.ByHand("i-9");
  model::GroupRecord record = bed.State().groups.at("web").record;
  record.holds = {{"", "bob", "audit", bed.clock.Now(), {}}};
  bed.Commit({model::GroupRecorded{record}});
  CHECK(bed.Why("web[1]", "i-9").find("web[1] is held by bob") == 0);
  const model::ClusterState state = bed.State();
  const auto refused = apply::BeginForgetting(state, "web", *state.groups.at("web").Live(0), "ann", bed.clock.Now());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("`kadende unhold web` first") != std::string::npos);
}

}  // namespace kadende::test
