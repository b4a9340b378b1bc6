#include "engine/model/cluster_state.h"

#include <catch2/catch.hpp>

namespace kadende::model {
namespace {

NodeRecord Node(std::uint32_t ordinal, std::uint32_t incarnation, NodePhase phase = NodePhase::kLive) {
  NodeRecord node;
  node.slot.ordinal = ordinal;
  node.incarnation = incarnation;
  node.phase = phase;
  node.instance_id = "i-" + std::to_string(ordinal) + "-" + std::to_string(incarnation);
  return node;
}

std::string Rows(const ClusterState& state, const std::string& group) {
  std::string out;
  for (const auto& [key, node] : state.groups.at(group).nodes) {
    const char phase = node.phase == NodePhase::kLive ? 'L' : node.phase == NodePhase::kLeaving ? 'G' : 'T';
    out += std::to_string(key.ordinal) + "." + std::to_string(key.incarnation) + phase + " ";
  }
  return out;
}

ClusterState With(const StateChanges& changes) {
  ClusterState state;
  for (const StateChange& change : changes) state.Apply(change);
  return state;
}

}  // namespace

TEST_CASE("a node that goes leaves its incarnation behind") {
  auto state = With({NodeCreated{"web", Node(0, 1)}, NodeGone{"web", Slot{0, ""}, 1, {}}});
  CHECK(Rows(state, "web") == "0.1T ");
  CHECK(state.groups.at("web").HighestIncarnation(0) == 1);
  state.Apply(NodeCreated{"web", Node(0, 2)});
  CHECK(Rows(state, "web") == "0.2L ");
}

TEST_CASE("a replacement has both rows until the old one is gone") {
  auto state = With({NodeCreated{"web", Node(0, 1)}, NodeChanged{"web", Node(0, 1, NodePhase::kLeaving)},
                     NodeCreated{"web", Node(0, 2)}});
  CHECK(Rows(state, "web") == "0.1G 0.2L ");
  state.Apply(NodeGone{"web", Slot{0, ""}, 1, {}});
  CHECK(Rows(state, "web") == "0.2L ");
}

TEST_CASE("a failed create keeps its incarnation used, also beside a live node") {
  auto state = With({NodeCreated{"web", Node(0, 1)}, CreateFailed{"web", Slot{0, ""}, 2, {}},
                     CreateFailed{"web", Slot{0, ""}, 3, {}}});
  CHECK(Rows(state, "web") == "0.1L 0.3T ");
  CHECK(state.groups.at("web").HighestIncarnation(0) == 3);
  CHECK(state.groups.at("web").Live(0)->incarnation == 1);
  state.Apply(NodeGone{"web", Slot{0, ""}, 1, {}});
  CHECK(Rows(state, "web") == "0.3T ");
}

TEST_CASE("an outcome clears the intent of its node and incarnation only") {
  Intent first;
  first.node = {"web", Slot{0, ""}};
  first.incarnation = 1;
  Intent second = first;
  second.incarnation = 2;
  auto state = With({IntentWritten{first}, IntentWritten{second}, NodeCreated{"web", Node(0, 1)}});
  REQUIRE(state.intents.size() == 1);
  CHECK(state.intents.begin()->second.incarnation == 2);
}

TEST_CASE("a renamed group takes its nodes along and leaves tombstones") {
  auto state = With({NodeCreated{"old", Node(0, 4)}, NodeCreated{"old", Node(1, 1)}, GroupMoved{"old", "new", {}}});
  CHECK(Rows(state, "old") == "0.4T 1.1T ");
  CHECK(Rows(state, "new") == "0.4L 1.1L ");
  CHECK(state.groups.at("old").record.moved_to == "new");
  state.Apply(GroupMoved{"new", "old", {}});
  CHECK(Rows(state, "old") == "0.4L 1.1L ");
  CHECK(state.groups.at("old").record.moved_to.empty());
  // Slots that have no row must not reuse an incarnation of the former life.
  CHECK(state.groups.at("old").HighestIncarnation(7) == 4);
}

TEST_CASE("a renamed group does not use the incarnations of its open intents again") {
  Intent create;
  create.node = {"old", Slot{300, ""}};
  create.incarnation = 1;
  Intent replace = create;
  replace.node.slot.ordinal = 0;
  replace.incarnation = 2;
  auto state = With({NodeCreated{"old", Node(0, 1)}, IntentWritten{create}, IntentWritten{replace}});
  state.Apply(Published{1, "c0ffee"});
  state.Apply(GroupMoved{"old", "new", {}});
  CHECK(Rows(state, "old") == "0.2T 300.1T ");
  CHECK(Rows(state, "new") == "0.1L ");
  CHECK(state.groups.at("old").HighestIncarnation(300) == 1);
  CHECK(state.intents.begin()->first.first.group == "new");
  CHECK(state.dirty_chunks == std::set<ChunkKey>{{"new", 0}, {"old", 0}, {"old", 2}});
}

TEST_CASE("a move marks the chunks of tombstones that it replaces") {
  auto state =
      With({NodeCreated{"to", Node(500, 1)}, NodeGone{"to", Slot{500, ""}, 1, {}}, NodeCreated{"from", Node(0, 1)}});
  state.Apply(Published{1, "c0ffee"});
  state.Apply(GroupMoved{"from", "to", {}});
  CHECK(state.dirty_chunks == std::set<ChunkKey>{{"from", 0}, {"to", 0}, {"to", 3}});
}

TEST_CASE("publishing clears what is dirty and ends the run") {
  ClusterRecord cluster;
  cluster.lineage = "l";
  cluster.run = model::Run{};
  auto state = With({ClusterRecorded{cluster}, NodeCreated{"web", Node(0, 1)}, NodeCreated{"web", Node(300, 1)}});
  CHECK(state.dirty_chunks == std::set<ChunkKey>{{"web", 0}, {"web", 2}});
  CHECK_FALSE(state.IsPublished());
  state.Apply(Published{1, "c0ffee"});
  CHECK(state.IsPublished());
  CHECK(state.cluster.serial == 1);
  CHECK_FALSE(state.cluster.run);
}

}  // namespace kadende::model
