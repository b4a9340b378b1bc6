#include "tests/contract/state_store_contract.h"

#include <catch2/catch.hpp>
#include <random>
#include <utility>
#include <vector>

#include "engine/base/digest.h"

namespace kadende::tests {
namespace {

using base::ErrorCode;
using base::FromUnixMillis;
using namespace model;

constexpr char kLineage[] = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
constexpr char kOther[] = "bbbbbbbbbbbbbbbbbbbbbbbbbb";

ErrorCode CodeOf(const base::Status& status) {
  REQUIRE_FALSE(status.has_value());
  return status.error().code;
}

std::vector<std::uint64_t> Ids(const std::vector<Event>& events) {
  std::vector<std::uint64_t> ids;
  for (const Event& event : events) ids.push_back(event.id);
  return ids;
}

// A cluster of two nodes, one intent, three events.
void Fill(ports::StateStore& store) {
  REQUIRE(store.Commit(kLineage, {ClusterRecorded{SomeCluster(kLineage, "shop")}}));
  REQUIRE(store.Commit(kLineage, {IntentWritten{SomeIntent("web", 0, 1)}, IntentWritten{SomeIntent("web", 1, 1)},
                                  EventRecorded{SomeEvent("web", "0", 1)}, EventRecorded{SomeEvent("web", "1", 2)}}));
  REQUIRE(store.Commit(kLineage, {NodeCreated{"web", SomeNode(0, 1)}, NodeCreated{"data/db", SomeNode(300, 7)},
                                  EventRecorded{SomeEvent("data/db", "300", 3)}}));
}

void CheckClusters(const StoreFactory& make_store) {
  SECTION("an empty store has no clusters, no events, and knows no lineage") {
    const auto store = make_store();
    CHECK(store->Clusters()->empty());
    CHECK(store->Events({})->empty());
    const auto loaded = store->Load(kLineage);
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().code == ErrorCode::kNotFound);
  }
  SECTION("a cluster comes into being with its first record, and with nothing else") {
    const auto store = make_store();
    CHECK(CodeOf(store->Commit(kLineage, {NodeCreated{"web", SomeNode(0, 1)}})) == ErrorCode::kNotFound);
    REQUIRE(store->Commit(kLineage, {ClusterRecorded{SomeCluster(kLineage, "shop")}}));
    const auto loaded = store->Load(kLineage);
    REQUIRE(loaded);
    CHECK(loaded->cluster.name == "shop");
    CHECK(loaded->dirty_cluster);
  }
  SECTION("a record of another lineage is refused, and nothing of its batch stays") {
    const auto store = make_store();
    Fill(*store);
    const auto before = Dump(*store->Load(kLineage));
    const StateChanges batch{NodeCreated{"web", SomeNode(5, 1)}, ClusterRecorded{SomeCluster(kOther, "shop")},
                             EventRecorded{SomeEvent("web", "5", 9)}};
    CHECK(CodeOf(store->Commit(kLineage, batch)) == ErrorCode::kInvalid);
    CHECK(Dump(*store->Load(kLineage)) == before);
    CHECK(store->Events({})->size() == 3);
  }
  SECTION("clusters are listed by name, then lineage, and do not mix") {
    const auto store = make_store();
    Fill(*store);
    auto other = SomeCluster(kOther, "api");
    other.serial = 4;
    REQUIRE(store->Commit(kOther, {ClusterRecorded{other}, NodeCreated{"web", SomeNode(0, 9)}}));
    const auto clusters = store->Clusters();
    REQUIRE(clusters->size() == 2);
    CHECK(clusters->at(0).name == "api");
    CHECK(clusters->at(0).serial == 4);
    CHECK(clusters->at(1).lineage == kLineage);
    CHECK(store->Load(kLineage)->groups.at("web").nodes.size() == 1);
    CHECK(store->Load(kOther)->groups.at("web").Live(0)->incarnation == 9);
  }
  SECTION("a cluster with a node or an intent is not removed") {
    const auto store = make_store();
    Fill(*store);
    CHECK(CodeOf(store->Remove(kLineage)) == ErrorCode::kConflict);
    REQUIRE(store->Commit(kLineage, {NodeGone{"web", Slot{0, ""}, 1, {}}, NodeGone{"data/db", Slot{300, ""}, 7, {}}}));
    CHECK(CodeOf(store->Remove(kLineage)) == ErrorCode::kConflict);
    REQUIRE(store->Commit(kLineage, {IntentCleared{{"web", Slot{1, ""}}, 1}}));
    CHECK(store->Remove(kLineage));
    CHECK_FALSE(store->Load(kLineage));
    CHECK(store->Clusters()->empty());
    CHECK(CodeOf(store->Remove(kLineage)) == ErrorCode::kNotFound);
    // Its name may come again, and finds nothing of its former life.
    REQUIRE(store->Commit(kLineage, {ClusterRecorded{SomeCluster(kLineage, "shop")}}));
    CHECK(store->Load(kLineage)->groups.empty());
  }
}

void CheckRows(const StoreFactory& make_store) {
  SECTION("what was committed is loaded") {
    const auto store = make_store();
    Fill(*store);
    ClusterState expected;
    expected.Apply(ClusterRecorded{SomeCluster(kLineage, "shop")});
    expected.Apply(IntentWritten{SomeIntent("web", 1, 1)});
    expected.Apply(NodeCreated{"web", SomeNode(0, 1)});
    expected.Apply(NodeCreated{"data/db", SomeNode(300, 7)});
    CHECK(Dump(*store->Load(kLineage)) == Dump(expected));
  }
  SECTION("publishing clears the marks and closes the run") {
    const auto store = make_store();
    Fill(*store);
    REQUIRE(store->Commit(kLineage, {Published{7, "abc"}}));
    const auto state = store->Load(kLineage);
    CHECK(state->IsPublished());
    CHECK(state->cluster.serial == 7);
    CHECK(state->cluster.commit == "abc");
    CHECK_FALSE(state->cluster.run);
    CHECK(state->intents.size() == 1);
  }
  SECTION("what follows a publishing in the same batch is dirty") {
    const auto store = make_store();
    Fill(*store);
    REQUIRE(store->Commit(
        kLineage, {NodeCreated{"web", SomeNode(1, 1)}, Published{1, "abc"}, NodeCreated{"web", SomeNode(129, 1)}}));
    CHECK(store->Load(kLineage)->dirty_chunks == std::set<ChunkKey>{{"web", 1}});
  }
  SECTION("the order of a batch counts for each slot") {
    const auto store = make_store();
    Fill(*store);
    REQUIRE(store->Commit(kLineage, {NodeCreated{"web", SomeNode(9, 1)}, NodeCreated{"web", SomeNode(2, 1)},
                                     NodeGone{"web", Slot{9, ""}, 1, {}}, NodeCreated{"web", SomeNode(9, 2)}}));
    const auto state = store->Load(kLineage);
    CHECK(state->groups.at("web").Live(9)->incarnation == 2);
    CHECK(state->groups.at("web").nodes.size() == 3);
  }
  SECTION("a renamed group takes its nodes and intents along and leaves tombstones") {
    const auto store = make_store();
    Fill(*store);
    auto expected = *store->Load(kLineage);
    const GroupMoved move{"web", "front", FromUnixMillis(5)};
    expected.Apply(move);
    REQUIRE(store->Commit(kLineage, {move}));
    CHECK(Dump(*store->Load(kLineage)) == Dump(expected));
  }
  SECTION("a renamed group does not use the incarnations of its open intents again") {
    const auto store = make_store();
    Fill(*store);
    REQUIRE(store->Commit(kLineage, {IntentWritten{SomeIntent("web", 0, 2)}, IntentWritten{SomeIntent("web", 300, 1)},
                                     Published{1, "abc"}}));
    auto expected = *store->Load(kLineage);
    const GroupMoved move{"web", "front", FromUnixMillis(5)};
    expected.Apply(move);
    REQUIRE(store->Commit(kLineage, {move}));
    const auto state = store->Load(kLineage);
    CHECK(Dump(*state) == Dump(expected));
    CHECK(state->groups.at("web").HighestIncarnation(0) == 2);
    CHECK(state->groups.at("web").HighestIncarnation(1) == 1);
    CHECK(state->groups.at("web").HighestIncarnation(300) == 1);
    CHECK(state->dirty_chunks.count({"web", 2}) == 1);
  }
  SECTION("a group does not move onto another that has nodes") {
    const auto store = make_store();
    Fill(*store);
    const auto before = Dump(*store->Load(kLineage));
    CHECK(CodeOf(store->Commit(kLineage, {GroupMoved{"web", "data/db", {}}})) == ErrorCode::kConflict);
    CHECK(Dump(*store->Load(kLineage)) == before);
  }
  SECTION("erased rows and groups leave nothing, and what is left of them is to be published") {
    const auto store = make_store();
    Fill(*store);
    REQUIRE(store->Commit(kLineage, {Published{1, "abc"}}));
    REQUIRE(store->Commit(
        kLineage, {RowErased{"web", {0, 1}}, RowErased{"web", {0, 9}}, GroupErased{"data/db"}, GroupErased{"absent"}}));
    const auto state = store->Load(kLineage);
    CHECK(state->groups.at("web").nodes.empty());
    CHECK(state->groups.size() == 1);
    CHECK(state->dirty_chunks == std::set<ChunkKey>{{"data/db", 2}, {"web", 0}});
    CHECK(state->dirty_groups == std::set<std::string>{"data/db"});
    CHECK(state->intents.size() == 1);
  }
  SECTION("groups whose paths begin alike do not mix") {
    const auto store = make_store();
    Fill(*store);
    REQUIRE(store->Commit(kLineage, {NodeCreated{"web-a", SomeNode(0, 1)}, NodeCreated{"web/a", SomeNode(0, 1)},
                                     NodeCreated{"we", SomeNode(0, 1)}, GroupMoved{"we", "w", {}}}));
    const auto state = store->Load(kLineage);
    for (const char* path : {"web", "web-a", "web/a", "w", "we"}) CHECK(state->groups.at(path).nodes.size() == 1);
  }
}

void CheckEvents(const StoreFactory& make_store) {
  SECTION("events have rising ids and are found by cluster, group and slot") {
    const auto store = make_store();
    Fill(*store);
    REQUIRE(store->Commit(kLineage, {EventRecorded{SomeEvent("web", "0", 4)}}));
    const auto all = *store->Events({});
    REQUIRE(all.size() == 4);
    for (std::size_t i = 1; i < all.size(); ++i) CHECK(all[i].id > all[i - 1].id);
    CHECK(Ids(*store->Events({kLineage, "web", "", 0, 10})) == std::vector{all[0].id, all[1].id, all[3].id});
    CHECK(Ids(*store->Events({kLineage, "web", "0", 0, 10})) == std::vector{all[0].id, all[3].id});
    CHECK(store->Events({kOther, "", "", 0, 10})->empty());
  }
  SECTION("a limit gives the newest, and after_id what came since") {
    const auto store = make_store();
    Fill(*store);
    const auto all = *store->Events({});
    CHECK(Ids(*store->Events({kLineage, "", "", 0, 2})) == std::vector{all[1].id, all[2].id});
    CHECK(Ids(*store->Events({kLineage, "", "", all[1].id, 2})) == std::vector{all[2].id});
    CHECK(store->Events({kLineage, "", "", all[2].id, 2})->empty());
  }
  SECTION("an event keeps all that it says") {
    const auto store = make_store();
    const Event event = SomeEvent("web", "0", 1234567890123);
    REQUIRE(store->Commit(kLineage, {EventRecorded{event}}));  // needs no cluster
    const Event read = store->Events({})->at(0);
    CHECK(read.time == event.time);
    CHECK(read.kind == event.kind);
    CHECK(read.reason == event.reason);
    CHECK(read.cluster == event.cluster);
    CHECK(read.incarnation == event.incarnation);
    CHECK(read.instance_id == event.instance_id);
    CHECK(read.run_id == event.run_id);
    CHECK(read.actor == event.actor);
    CHECK(read.message == event.message);
  }
}

// Random changes over few slots, so that they meet each other.
class Chance {
 public:
  explicit Chance(std::uint32_t seed) : random_(seed) {}
  std::uint32_t Below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
  std::string Group() {
    constexpr const char* kGroups[] = {"web", "web/a", "data/db"};
    return kGroups[Below(3)];
  }
  std::uint32_t Ordinal() { return Below(2) * 127 + Below(3); }
  std::uint32_t Incarnation() { return 1 + Below(4); }

  NodeRecord Node() {
    NodeRecord node = SomeNode(Ordinal(), Incarnation(), static_cast<NodePhase>(Below(3)));
    node.tainted = Below(4) == 0;
    if (Below(3) == 0) node.attributes = R"({"a":1})";
    if (Below(3) == 0) node.address = "10.0.0.1:80";
    return node;
  }

  GroupRecord Record() {
    GroupRecord record;
    record.path = Group();
    record.current.size = Below(5);
    record.target = record.current;
    if (Below(2) == 0) record.target.logical_ids = {"a", "b"};
    if (Below(2) == 0) {
      RevisionRecord revision;
      revision.id = base::Sha256(std::to_string(Below(9)));
      revision.labels = {{"tier", "web"}};
      record.revisions.push_back(revision);
    }
    record.incarnation_floor = Below(3);
    record.backoff.failures = Below(3);
    if (Below(3) == 0) record.holds.push_back({"0", "ann", "look", FromUnixMillis(3), FromUnixMillis(0)});
    if (Below(4) == 0) record.forgotten.push_back({{1, "a"}, 2, "i-7", "ann", FromUnixMillis(5)});
    if (Below(3) == 0) record.brakes.push_back({BrakeKind::kMaxUnhealthy, "3 of 4", FromUnixMillis(Below(9))});
    if (Below(3) == 0) record.brakes.push_back({BrakeKind::kRate, "used up", FromUnixMillis(1), FromUnixMillis(9)});
    if (Below(3) == 0) record.healing.given_up = {{FromUnixMillis(Below(9)), 1 + static_cast<std::uint32_t>(Below(3))}};
    if (Below(3) == 0) record.release = Release{"ann", FromUnixMillis(Below(9)), FromUnixMillis(77)};
    return record;
  }

  ClusterRecord Cluster() {
    ClusterRecord cluster = SomeCluster(kLineage, "shop" + std::to_string(Below(2)));
    cluster.spec_text = std::string(Below(5000), 'x');
    if (Below(2) == 0) cluster.run.reset();
    return cluster;
  }

  StateChange Change(const ClusterState& state) {
    const auto at = FromUnixMillis(Below(1000));
    switch (Below(14)) {
      case 0:
      case 1:
        return IntentWritten{SomeIntent(Group(), Ordinal(), Incarnation())};
      case 2:
      case 3:
        return NodeCreated{Group(), Node()};
      case 4:
        return CreateFailed{Group(), Slot{Ordinal(), ""}, Incarnation(), at};
      case 5:
        return NodeChanged{Group(), Node()};
      case 6:
      case 7:
        return NodeGone{Group(), Slot{Ordinal(), ""}, Incarnation(), at};
      case 8:
        return IntentCleared{{Group(), Slot{Ordinal(), ""}}, Incarnation()};
      case 9:
        return GroupRecorded{Record()};
      case 10:
        return ClusterRecorded{Cluster()};
      case 11:
        return Below(3) == 0 ? StateChange(GroupErased{Group()}) : RowErased{Group(), {Ordinal(), Incarnation()}};
      default:
        return Below(2) == 0 ? StateChange(Published{Below(99), "c"}) : Move(state, at);
    }
  }

 private:
  // Only a move that is allowed: onto a group without nodes, before the batch and within it.
  StateChange Move(const ClusterState& state, base::TimePoint at) {
    const std::string to = "moved" + std::to_string(Below(2));
    const auto found = state.groups.find(to);
    if (found != state.groups.end()) {
      for (const auto& row : found->second.nodes) {
        if (row.second.phase != NodePhase::kTombstone) return GroupMoved{to, Group() + "/back" + ToText(++moves_), at};
      }
    }
    return GroupMoved{Group(), to, at};
  }
  static std::string ToText(int number) { return std::to_string(number); }

  std::mt19937 random_;
  int moves_ = 0;
};

}  // namespace

void CheckStateStoreContract(const StoreFactory& make_store) {
  CheckClusters(make_store);
  CheckRows(make_store);
  CheckEvents(make_store);
}

void CheckStoreMatchesApply(const StoreFactory& make_store, std::uint32_t seed, int rounds, int batches) {
  for (int round = 0; round < rounds; ++round) {
    INFO("seed " << seed << ", round " << round);
    Chance chance(seed + static_cast<std::uint32_t>(round));
    const auto store = make_store();
    ClusterState expected;
    expected.Apply(ClusterRecorded{SomeCluster(kLineage, "shop")});
    REQUIRE(store->Commit(kLineage, {ClusterRecorded{SomeCluster(kLineage, "shop")}}));
    for (int batch = 0; batch < batches; ++batch) {
      StateChanges changes;
      ClusterState next = expected;
      for (std::uint32_t left = 1 + chance.Below(12); left > 0; --left) {
        changes.push_back(chance.Change(next));
        // Stores look at the state before the batch where they refuse a move, so a batch has at most one, at its end.
        const bool moved = std::holds_alternative<GroupMoved>(changes.back());
        next.Apply(changes.back());
        if (moved) break;
      }
      const auto status = store->Commit(kLineage, changes);
      if (!status && status.error().code == ErrorCode::kConflict) continue;  // moved onto nodes of the same batch
      REQUIRE(status);
      expected = std::move(next);
      const auto loaded = store->Load(kLineage);
      REQUIRE(loaded);
      REQUIRE(Dump(*loaded) == Dump(expected));
    }
  }
}

}  // namespace kadende::tests
