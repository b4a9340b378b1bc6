#include "engine/apply/merge.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "engine/apply/difference.h"
#include "engine/base/text.h"

namespace kadende::apply {
namespace {

using model::ClusterState;
using model::NodePhase;

const base::Digest kRevision = base::Sha256("a");

model::NodeRecord Node(std::uint32_t slot, std::uint32_t incarnation, NodePhase phase = NodePhase::kLive) {
  model::NodeRecord node;
  node.slot.ordinal = slot;
  node.incarnation = incarnation;
  node.phase = phase;
  if (phase == NodePhase::kTombstone) return node;
  node.token = model::MakeToken("shop", "web", node.slot, incarnation);
  node.revision = kRevision;
  node.instance_id = "i-" + std::to_string(slot) + "." + std::to_string(incarnation);
  return node;
}

// A group `web` that is to have `size` nodes.
ClusterState State(std::uint32_t size, const std::vector<model::NodeRecord>& nodes) {
  ClusterState state;
  state.cluster.lineage = "shop";
  model::GroupRecord web;
  web.path = "web";
  web.target.size = web.current.size = size;
  web.target.revision = web.current.revision = kRevision;
  model::RevisionRecord revision;
  revision.id = kRevision;
  web.revisions.push_back(revision);
  state.Apply(model::GroupRecorded{web});
  for (const auto& node : nodes) state.Apply(model::NodeChanged{"web", node});
  return state;
}

model::Intent Create(std::uint32_t slot, std::uint32_t incarnation) {
  model::Intent intent;
  intent.node = {"web", {slot, ""}};
  intent.incarnation = incarnation;
  intent.token = model::MakeToken("shop", "web", intent.node.slot, incarnation);
  intent.revision = kRevision;
  return intent;
}

std::string Rows(const ClusterState& state) {
  std::ostringstream text;
  for (const auto& [path, group] : state.groups) {
    for (const auto& [key, node] : group.nodes) {
      constexpr const char* kPhases[] = {"live", "leaving", "tombstone"};
      text << path << key.ordinal << "#" << key.incarnation << " " << kPhases[static_cast<int>(node.phase)] << "; ";
    }
  }
  for (const auto& [key, intent] : state.intents) text << key.first.Display() << "#" << key.second << " create?; ";
  return text.str();
}

std::string Result(const ClusterState& local, ClusterState remote) {
  const Merged merged = Merge(local, remote, {});
  for (const auto& change : merged.changes) remote.Apply(change);
  return Rows(remote);
}

TEST_CASE("what the remote knows is not merged") {
  const ClusterState remote = State(2, {Node(0, 1), Node(1, 2)});
  CHECK(Merge(State(2, {Node(0, 1)}), remote, {}).changes.empty());
  // It gave this one up: a stray, if it still exists.
  CHECK(Merge(State(2, {Node(0, 1), Node(1, 1)}), remote, {}).changes.empty());
  ClusterState creating = State(2, {});
  creating.Apply(model::IntentWritten{Create(0, 1)});
  creating.Apply(model::IntentWritten{Create(1, 1)});
  CHECK_FALSE(Merge(creating, remote, {}).Loses());
}

TEST_CASE("an instance that the remote does not know is adopted where its slot is empty and wanted") {
  CHECK(Result(State(2, {Node(0, 1), Node(1, 1)}), State(2, {Node(0, 1)})) == "web0#1 live; web1#1 live; ");
  const Merged merged = Merge(State(2, {Node(0, 1), Node(1, 1)}), State(2, {Node(0, 1)}), {});
  CHECK(merged.adopted == std::vector<std::string>{"web[1] (i-1.1)"});
  CHECK(merged.leaving.empty());
}

TEST_CASE("it is given up where there is no room for it") {
  CHECK(Result(State(2, {Node(0, 1), Node(1, 1)}), State(1, {Node(0, 1)})) == "web0#1 live; web1#1 leaving; ");
  CHECK(Result(State(1, {Node(0, 2)}), State(1, {Node(0, 1)})) == "web0#1 live; web0#2 leaving; ");
  CHECK(Result(State(2, {Node(1, 1, NodePhase::kLeaving)}), State(2, {})) == "web1#1 leaving; ");
}

TEST_CASE("incarnations that only ours has issued are not issued again") {
  CHECK(Result(State(1, {Node(0, 1), Node(0, 4, NodePhase::kTombstone)}), State(1, {Node(0, 1)})) ==
        "web0#1 live; web0#4 tombstone; ");
  CHECK_FALSE(Merge(State(1, {Node(0, 4, NodePhase::kTombstone)}), State(1, {}), {}).Loses());
}

TEST_CASE("a create whose outcome is open stays open") {
  ClusterState local = State(2, {Node(0, 1)});
  local.Apply(model::IntentWritten{Create(1, 1)});
  CHECK(Result(local, State(2, {Node(0, 1)})) == "web0#1 live; web[1]#1 create?; ");
}

TEST_CASE("a group that the remote lacks keeps what is needed to destroy its instances") {
  ClusterState remote;
  remote.cluster.lineage = "shop";
  const ClusterState local = State(1, {Node(0, 1)});
  const Merged merged = Merge(local, remote, {});
  for (const auto& change : merged.changes) remote.Apply(change);
  CHECK(Rows(remote) == "web0#1 leaving; ");
  CHECK(remote.groups.at("web").record.target.revision.IsZero());
  CHECK(remote.groups.at("web").Revision(kRevision) != nullptr);
}

TEST_CASE("a group that the remote renamed is found under its new name") {
  ClusterState remote = State(2, {Node(0, 1)});
  remote.Apply(model::GroupMoved{"web", "front", {}});
  ClusterState local = State(2, {Node(0, 1), Node(1, 1)});
  CHECK(Result(local, remote) == "front0#1 live; front1#1 live; web0#1 tombstone; ");
}

TEST_CASE("a difference makes one state of another") {
  ClusterState from = State(2, {Node(0, 1), Node(1, 1)});
  from.Apply(model::NodeChanged{"old", Node(0, 1)});
  from.Apply(model::IntentWritten{Create(5, 1)});
  ClusterState to = State(3, {Node(0, 1), Node(2, 1, NodePhase::kLeaving)});
  to.cluster.serial = 7;
  to.cluster.commit = "c";
  to.Apply(model::IntentWritten{Create(6, 1)});
  for (const auto& change : ReplaceBy(from, to)) from.Apply(change);
  CHECK(Difference(from, to).empty());
  CHECK(Rows(from) == Rows(to));
  CHECK(from.IsPublished());
  CHECK(from.cluster.commit == "c");
}

}  // namespace
}  // namespace kadende::apply
