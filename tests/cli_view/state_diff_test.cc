#include <catch2/catch.hpp>

#include "cli/view/state_diff.h"
#include "cli/view/state_diff_text.h"
#include "engine/base/json.h"
#include "tests/cli_view/samples.h"

using namespace kadende;
using namespace kadende::cli;
using namespace kadende::tests;
using model::NodePhase;

namespace {

const base::TimePoint kThen = base::FromUnixMillis(1'763'800'000'000);

model::NodeRecord Node(std::uint32_t ordinal, std::uint32_t incarnation, NodePhase phase = NodePhase::kLive) {
  model::NodeRecord node;
  node.slot.ordinal = ordinal;
  node.incarnation = incarnation;
  node.phase = phase;
  if (phase != NodePhase::kTombstone) {
    node.revision.bytes.fill(0xab);
    node.instance_id = "i-" + std::to_string(ordinal) + "-" + std::to_string(incarnation);
    node.address = "10.0.0." + std::to_string(ordinal);
  }
  return node;
}

void Put(model::ClusterState& state, const model::NodeRecord& node, const std::string& group = "web") {
  state.groups.at(group).nodes.insert_or_assign(model::KeyOf(node), node);
}

// Of the sample's three nodes: 0 replaced, 1 tainted no more, 2 gone, 4 new.
model::ClusterState Later() {
  model::ClusterState state = SampleState();
  state.cluster.serial = 9;
  state.cluster.variables = {{"image", "\"b\""}};
  auto& group = state.groups.at("web");
  group.record.target.size = 4;
  group.record.target.policy.rollout.max_surge = {2, false};
  group.record.holds = {{"1", "ann", "looking at it", kThen, {}}};
  group.nodes.erase({0, 1});
  group.nodes.erase({2, 1});
  Put(state, Node(0, 1, NodePhase::kLeaving));
  Put(state, Node(0, 2));
  Put(state, Node(2, 1, NodePhase::kTombstone));
  Put(state, Node(4, 1));
  group.nodes.at({1, 1}).tainted = false;
  group.nodes.at({1, 1}).taint_reason.clear();
  return state;
}

ports::HistoricState Version(model::ClusterState state, const std::string& subject) {
  ports::HistoricState version;
  version.commit.serial = state.cluster.serial;
  version.commit.id = std::string(39, 'a') + std::to_string(state.cluster.serial);
  version.commit.time = kThen;
  version.commit.subject = subject;
  version.commit.actor = "ann@host";
  version.state = std::move(state);
  return version;
}

}  // namespace

TEST_CASE("the same state has no differences") {
  const model::ClusterState state = SampleState();
  CHECK(CompareStates(state, state).IsEmpty());
  CHECK(StateDiffSummary(CompareStates(state, state), false) == "No differences.");
  CHECK(StateDiffSummary(CompareStates(state, state), true) ==
        "Nodes and groups are the same; the file reads differently.");
}

TEST_CASE("a node is its slot's live row") {
  struct Case {
    const char* name;
    std::vector<model::NodeRecord> before;
    std::vector<model::NodeRecord> after;
    std::vector<NodeDiffKind> kinds;
    bool leaving = false;
  };
  const std::vector<Case> cases = {
      {"came", {}, {Node(0, 1)}, {NodeDiffKind::kAdded}},
      {"came back", {Node(0, 1, NodePhase::kTombstone)}, {Node(0, 2)}, {NodeDiffKind::kAdded}},
      {"went", {Node(0, 1)}, {Node(0, 1, NodePhase::kTombstone)}, {NodeDiffKind::kRemoved}},
      {"is leaving", {Node(0, 1)}, {Node(0, 1, NodePhase::kLeaving)}, {NodeDiffKind::kRemoved}, true},
      {"replaced", {Node(0, 1)}, {Node(0, 2)}, {NodeDiffKind::kReplaced}},
      {"being replaced", {Node(0, 1)}, {Node(0, 1, NodePhase::kLeaving), Node(0, 2)}, {NodeDiffKind::kReplaced}, true},
      {"the old one is gone by now", {Node(0, 1, NodePhase::kLeaving), Node(0, 2)}, {Node(0, 2)}, {}},
      {"one of each",
       {Node(0, 1), Node(2, 1)},
       {Node(1, 1), Node(2, 3)},
       {NodeDiffKind::kRemoved, NodeDiffKind::kAdded, NodeDiffKind::kReplaced}},
  };
  for (const Case& example : cases) {
    CAPTURE(example.name);
    model::ClusterState before = SampleState();
    before.groups.at("web").nodes.clear();
    model::ClusterState after = before;
    for (const auto& node : example.before) Put(before, node);
    for (const auto& node : example.after) Put(after, node);
    const StateDiff diff = CompareStates(before, after);
    std::vector<NodeDiffKind> kinds;
    for (const auto& group : diff.groups) {
      for (const auto& node : group.nodes) kinds.push_back(node.kind);
    }
    CHECK(kinds == example.kinds);
    if (!kinds.empty()) CHECK(diff.groups[0].nodes[0].leaving == example.leaving);
  }
}

TEST_CASE("groups come, go and are renamed") {
  model::ClusterState before = SampleState();
  model::ClusterState after = before;
  after.groups["api"] = after.groups.at("web");
  after.groups.at("api").record.path = "api";
  StateDiff diff = CompareStates(before, after);
  REQUIRE(diff.groups.size() == 1);
  CHECK(diff.groups[0].before == nullptr);
  CHECK(diff.added == 3);
  CHECK(CompareStates(after, before).groups[0].after == nullptr);

  auto& old = after.groups.at("web");
  old.record.moved_to = "api";
  old.record.current = old.record.target = {};
  for (auto& [key, row] : old.nodes) row.phase = NodePhase::kTombstone;
  diff = CompareStates(before, after);
  REQUIRE(diff.groups.size() == 1);
  CHECK(diff.groups[0].moved_from == "web");
  CHECK(diff.groups[0].nodes.empty());
}

TEST_CASE("versions side by side, for people and programs") {
  const ports::HistoricState before = Version(SampleState(), "apply shop: +3");
  const ports::HistoricState after = Version(Later(), "apply shop: +1 -1 -/+1 \x1b[2J");
  const std::string spec = "--- spec.yaml (serial 7)\n+++ spec.yaml (serial 9)\n@@ -1,2 +1,2 @@\n a\n-b\n+c\x1b\n";
  StateDiffTextOptions options;
  options.now = kThen + std::chrono::minutes(5);
  CheckGolden("state_diff.txt", StateDiffText({before, after, spec}, options));
  const auto json = base::ParseJson(StateDiffJson({before, after, spec}));
  REQUIRE(json);
  CheckGolden("state_diff.json", json->dump(1) + "\n");
}

TEST_CASE("many nodes are counted, not listed") {
  model::ClusterState after = SampleState();
  for (std::uint32_t i = 10; i < 200; ++i) Put(after, Node(i, 1));
  const std::string text = StateDiffText({Version(SampleState(), "a"), Version(after, "b"), ""});
  CHECK(text.find("  + and 170 more added: 30..199\n") != std::string::npos);
}
