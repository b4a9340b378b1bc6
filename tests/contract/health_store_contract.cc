#include "tests/contract/health_store_contract.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "engine/base/digest.h"
#include "tests/contract/state_store_contract.h"

namespace kadende::tests {
namespace {

using base::ErrorCode;
using base::FromUnixMillis;
using namespace model;
using ports::HealthByGroup;

constexpr char kLineage[] = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
constexpr char kOther[] = "bbbbbbbbbbbbbbbbbbbbbbbbbb";

GroupRecord Group(const std::string& path, bool gone = false) {
  GroupRecord group;
  group.path = path;
  group.current.revision = gone ? base::Digest{} : base::Sha256("revision");
  group.target = group.current;
  return group;
}

HealthStorePair WithCluster(const HealthStoreFactory& make_store) {
  HealthStorePair store = make_store();
  for (const char* lineage : {kLineage, kOther}) {
    REQUIRE(store.state->Commit(
        lineage, {ClusterRecorded{SomeCluster(lineage, lineage)}, GroupRecorded{Group("web")}, Published{1, "c"}}));
  }
  return store;
}

std::vector<NodeHealth> Nodes(std::uint32_t count) {
  std::vector<NodeHealth> nodes;
  for (std::uint32_t i = 0; i < count; ++i) nodes.push_back(SomeHealth(i, 1));
  return nodes;
}

std::vector<std::string> Said(ports::HealthStore& store, const char* lineage = kLineage) {
  std::vector<std::string> said;
  const auto reports = store.Reports(lineage);
  REQUIRE(reports);
  for (const HealthReport& report : *reports) {
    said.push_back(report.group + "[" + report.slot_key + "]." + std::to_string(report.incarnation) +
                   (report.healthy ? " healthy " : " unhealthy ") + report.message);
  }
  return said;
}

void CheckHealth(const HealthStoreFactory& make_store) {
  SECTION("nothing stored is an empty map, also for a cluster that nobody knows") {
    const auto store = WithCluster(make_store);
    CHECK(store.health->LoadHealth(kLineage)->empty());
    CHECK(store.health->LoadHealth("nobody")->empty());
    CHECK(store.health->LoadHealth("")->empty());
  }
  SECTION("what was saved is loaded, field by field") {
    const auto store = WithCluster(make_store);
    NodeHealth bare;
    bare.slot.ordinal = 9;
    NodeHealth odd = SomeHealth(4'000'000'000, 4'000'000'000, HealthState::kInitializing);
    odd.since = base::TimePoint::max();
    odd.last_at = base::TimePoint::min();
    odd.next_at = base::TimePoint::max();
    odd.evidence = std::string("\0\x1b[31m\n\xff", 8);
    const HealthByGroup saved = {{"data/db", {SomeHealth(0, 1, HealthState::kUnhealthy), bare}},
                                 {"web", {SomeHealth(0, 1), SomeHealth(0, 2, HealthState::kUnknown), odd}}};
    REQUIRE(store.health->SaveHealth(kLineage, saved));
    CHECK(*store.health->LoadHealth(kLineage) == saved);
    CHECK(store.health->LoadHealth(kOther)->empty());
  }
  SECTION("what passes remember is not stored") {
    const auto store = WithCluster(make_store);
    NodeHealth node = SomeHealth(0, 1);
    node.memory = {FromUnixMillis(1), FromUnixMillis(2), true};
    REQUIRE(store.health->SaveHealth(kLineage, {{"web", {node}}}));
    CHECK(store.health->LoadHealth(kLineage)->at("web")[0].memory == PassMemory{});
  }
  SECTION("a group is put whole, the others stay") {
    const auto store = WithCluster(make_store);
    REQUIRE(store.health->SaveHealth(kLineage, {{"web", Nodes(700)}, {"web/a", Nodes(3)}, {"we", Nodes(2)}}));
    REQUIRE(store.health->SaveHealth(kLineage, {{"web", {SomeHealth(300, 1)}}}));
    const HealthByGroup expected = {{"web", {SomeHealth(300, 1)}}, {"web/a", Nodes(3)}, {"we", Nodes(2)}};
    CHECK(*store.health->LoadHealth(kLineage) == expected);
    REQUIRE(store.health->SaveHealth(kLineage, {{"web", {}}, {"nothing", {}}}));
    CHECK(store.health->LoadHealth(kLineage)->count("web") == 0);
    CHECK(store.health->LoadHealth(kLineage)->size() == 2);
  }
  SECTION("nodes come sorted") {
    const auto store = WithCluster(make_store);
    REQUIRE(store.health->SaveHealth(kLineage, {{"web", {SomeHealth(200, 1), SomeHealth(3, 2), SomeHealth(3, 1)}}}));
    const std::vector<NodeHealth> expected = {SomeHealth(3, 1), SomeHealth(3, 2), SomeHealth(200, 1)};
    CHECK(store.health->LoadHealth(kLineage)->at("web") == expected);
  }
  SECTION("a cluster that is not there has nothing kept") {
    const auto store = WithCluster(make_store);
    REQUIRE(store.health->SaveHealth("nobody", {{"web", Nodes(3)}}));
    CHECK(store.health->LoadHealth("nobody")->empty());
  }
}

void CheckReports(const HealthStoreFactory& make_store) {
  SECTION("a report keeps all that it says") {
    const auto store = WithCluster(make_store);
    const HealthReport report = SomeReport("data/db", "a", 1000);
    REQUIRE(store.health->PutReport(kLineage, report));
    const auto read = *store.health->Reports(kLineage);
    REQUIRE(read.size() == 1);
    CHECK(read[0].group == report.group);
    CHECK(read[0].slot_key == report.slot_key);
    CHECK(read[0].incarnation == report.incarnation);
    CHECK(read[0].healthy == report.healthy);
    CHECK(read[0].source == report.source);
    CHECK(read[0].message == report.message);
    CHECK(read[0].at == report.at);
    CHECK(read[0].until == report.until);
    CHECK(store.health->Reports(kOther)->empty());
    CHECK(store.health->Reports("nobody")->empty());
  }
  SECTION("one report a node: the one that came last stands, also where the clock was set back") {
    const auto store = WithCluster(make_store);
    for (const std::int64_t at : {1000, 2000, 1500}) {
      auto report = SomeReport("web", "0", at);
      report.message = std::to_string(at);
      REQUIRE(store.health->PutReport(kLineage, report));
    }
    CHECK(Said(*store.health) == std::vector<std::string>{"web[0].1 unhealthy 1500"});
  }
  SECTION("an instance and its successor have a report each") {
    const auto store = WithCluster(make_store);
    auto report = SomeReport("web", "0", 1000);
    REQUIRE(store.health->PutReport(kLineage, report));
    report.incarnation = 2;
    report.healthy = true;
    REQUIRE(store.health->PutReport(kLineage, report));
    CHECK(Said(*store.health) ==
          std::vector<std::string>{"web[0].1 unhealthy disk is loud", "web[0].2 healthy disk is loud"});
  }
  SECTION("lapsed reports go when another comes, wherever they stand") {
    const auto store = WithCluster(make_store);
    for (const char* slot : {"0", "1", "2"}) REQUIRE(store.health->PutReport(kLineage, SomeReport("web", slot, 1000)));
    REQUIRE(store.health->PutReport(kOther, SomeReport("web", "0", 1000)));
    auto lasting = SomeReport("a", "0", 1000);
    lasting.until = FromUnixMillis(1'000'000'000);
    REQUIRE(store.health->PutReport(kLineage, lasting));
    REQUIRE(store.health->PutReport(kLineage, SomeReport("web", "1", 900'000)));
    CHECK(Said(*store.health) ==
          std::vector<std::string>{"a[0].1 unhealthy disk is loud", "web[1].1 unhealthy disk is loud"});
    CHECK(Said(*store.health, kOther).size() == 1);
  }
  SECTION("many reports that lapse are gone after as many new ones") {
    const auto store = WithCluster(make_store);
    for (int i = 0; i < 400; ++i) {
      REQUIRE(store.health->PutReport(kLineage, SomeReport("web", std::to_string(i), 1000)));
    }
    for (int i = 0; i < 400; ++i) {
      REQUIRE(store.health->PutReport(kLineage, SomeReport("web", std::to_string(1000 + i), 900'000)));
    }
    CHECK(Said(*store.health).size() == 400);
  }
  SECTION("a report about a cluster that nobody knows is refused") {
    const auto store = WithCluster(make_store);
    const auto status = store.health->PutReport("nobody", SomeReport("web", "0", 1));
    REQUIRE_FALSE(status);
    CHECK(status.error().code == ErrorCode::kNotFound);
  }
}

void CheckFollowsState(const HealthStoreFactory& make_store) {
  const auto store = WithCluster(make_store);
  REQUIRE(store.health->SaveHealth(kLineage, {{"web", Nodes(200)}, {"web/a", Nodes(1)}, {"front", Nodes(2)}}));
  REQUIRE(store.health->SaveHealth(kOther, {{"web", Nodes(1)}}));
  for (const char* group : {"front", "web", "web/a"}) {
    REQUIRE(store.health->PutReport(kLineage, SomeReport(group, "0", 1000)));
  }
  SECTION("health is no part of the state, and nothing is to be published") {
    const auto state = store.state->Load(kLineage);
    REQUIRE(state);
    CHECK(state->IsPublished());
    CHECK(state->groups.size() == 1);
  }
  SECTION("it goes with its cluster") {
    REQUIRE(store.state->Remove(kLineage));
    CHECK(store.health->LoadHealth(kLineage)->empty());
    CHECK(store.health->Reports(kLineage)->empty());
    CHECK(store.health->LoadHealth(kOther)->size() == 1);
    REQUIRE(store.state->Commit(kLineage, {ClusterRecorded{SomeCluster(kLineage, "shop")}}));
    CHECK(store.health->LoadHealth(kLineage)->empty());
  }
  SECTION("it goes with its group, when that is gone") {
    REQUIRE(store.state->Commit(kLineage, {GroupRecorded{Group("web")}}));
    CHECK(store.health->LoadHealth(kLineage)->count("web") == 1);
    REQUIRE(store.state->Commit(kLineage, {GroupRecorded{Group("web", true)}}));
    CHECK(store.health->LoadHealth(kLineage)->count("web") == 0);
    CHECK(store.health->LoadHealth(kLineage)->size() == 2);
    CHECK(Said(*store.health).size() == 2);
  }
  SECTION("it goes along with a group that is renamed") {
    REQUIRE(store.state->Commit(kLineage, {GroupMoved{"web", "front", {}}}));
    const HealthByGroup expected = {{"front", Nodes(200)}, {"web/a", Nodes(1)}};
    CHECK(*store.health->LoadHealth(kLineage) == expected);
    CHECK(Said(*store.health) ==
          std::vector<std::string>{"front[0].1 unhealthy disk is loud", "web/a[0].1 unhealthy disk is loud"});
  }
  SECTION("a commit that is refused leaves it alone") {
    REQUIRE(store.state->Commit(kLineage, {NodeCreated{"front", SomeNode(0, 1)}}));
    CHECK_FALSE(store.state->Commit(kLineage, {GroupMoved{"web", "front", {}}}));
    CHECK(store.health->LoadHealth(kLineage)->at("web").size() == 200);
  }
}

}  // namespace

void CheckHealthStoreContract(const HealthStoreFactory& make_store) {
  CheckHealth(make_store);
  CheckReports(make_store);
  SECTION("health follows the state") {
    CheckFollowsState(make_store);
  }
}

NodeHealth SomeHealth(std::uint32_t ordinal, std::uint32_t incarnation, HealthState state) {
  constexpr std::int64_t kNow = 1'763'800'000'000;
  NodeHealth node;
  node.slot = {ordinal, ordinal % 2 == 0 ? "" : "id-" + std::to_string(ordinal)};
  node.incarnation = incarnation;
  node.state = state;
  node.since = FromUnixMillis(kNow - 3'600'000);
  node.joined_at = FromUnixMillis(kNow - 7'200'000);
  node.check = "ready";
  node.evidence = state == HealthState::kHealthy ? "status 200" : "connection refused";
  node.last_at = FromUnixMillis(kNow + ordinal);
  node.next_at = FromUnixMillis(kNow + ordinal + 10'000);
  if (state != HealthState::kHealthy) node.held_back = "3 of 4 live nodes are unhealthy";
  if (state == HealthState::kUnknown) node.held_until = FromUnixMillis(kNow + 60'000);
  if (state == HealthState::kUnhealthy) node.check_since = FromUnixMillis(kNow - 1);
  return node;
}

HealthReport SomeReport(const std::string& group, const std::string& slot_key, std::int64_t at) {
  HealthReport report;
  report.group = group;
  report.slot_key = slot_key;
  report.incarnation = 1;
  report.source = "ann@host";
  report.message = "disk is loud";
  report.at = FromUnixMillis(at);
  report.until = FromUnixMillis(at + 60'000);
  return report;
}

}  // namespace kadende::tests
