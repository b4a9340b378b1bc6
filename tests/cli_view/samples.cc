#include "tests/cli_view/samples.h"

#include "engine/base/json.h"
#include "tests/support/golden.h"

namespace kadende::tests {

using model::ActionKind;
using model::Reason;

void AddAction(model::Plan* plan, const model::Action& action, const std::vector<model::ActionId>& waits_for) {
  model::ActionGraph& graph = plan->graph;
  if (graph.offsets.empty()) graph.offsets.push_back(0);
  graph.actions.push_back(action);
  graph.waits_for.insert(graph.waits_for.end(), waits_for.begin(), waits_for.end());
  graph.offsets.push_back(static_cast<std::uint32_t>(graph.waits_for.size()));
}

namespace {

model::Action Make(ActionKind kind, Reason reason, std::uint32_t group, std::uint32_t slot, std::string instance = {}) {
  model::Action action;
  action.kind = kind;
  action.reason = reason;
  action.group = group;
  action.slot.ordinal = slot;
  action.instance_id = std::move(instance);
  return action;
}

model::PlanGroup Group(const std::string& path, std::uint32_t before, std::uint32_t after) {
  model::PlanGroup group;
  group.path = path;
  group.before.size = before;
  group.after.size = after;
  return group;
}

}  // namespace

model::Plan SamplePlan() {
  model::Plan plan;
  plan.cluster = "shop";
  plan.notes = {"state is behind the remote by nothing"};
  model::PlanGroup api = Group("api", 3, 3);
  api.frozen = "the sim cloud a.db could not be listed: denied";
  model::PlanGroup data = Group("data/db", 1, 3);
  data.after.logical_ids = {"a", "b", "c"};
  data.counts.create = 2;
  data.policy_changes = {"rollout.maxSurge: 1 -> 2"};
  model::PlanGroup old = Group("old", 1, 0);
  old.removed = true;
  old.counts.destroy = 1;
  model::PlanGroup web = Group("web", 2, 3);
  web.properties = {{"image", "\"nginx:1\"", "\"nginx:2\"", true}, {"labels.tier", "", "\"web\"", false}};
  web.counts.create = 1;
  web.counts.replace = 2;
  web.counts.destroy = 1;
  web.counts.strays = 1;
  web.lowest_live = 2;
  web.highest_total = 4;
  web.notes = {"an earlier run was cut off"};
  plan.groups = {api, data, old, web};
  plan.counts = {3, 0, 2, 2, 3, 1};
  model::Drift drift;
  drift.group = 3;
  drift.slot.ordinal = 1;
  drift.reason = Reason::kTerminated;
  drift.instance_id = "i-2";
  drift.detail = "spot reclaim";
  plan.drift = {drift};

  AddAction(&plan, Make(ActionKind::kSet, Reason::kPolicyChanged, 1, 0));
  for (const std::uint32_t slot : {1U, 2U}) {
    model::Action create = Make(ActionKind::kCreate, Reason::kSizeUp, 1, slot);
    create.slot.logical_id = slot == 1 ? "b" : "c";
    AddAction(&plan, create);
  }
  AddAction(&plan, Make(ActionKind::kGate, Reason::kDependency, 1, 0), {1, 2});
  for (const std::uint32_t slot : {0U, 1U}) {
    model::Action create = Make(ActionKind::kCreate, Reason::kRevisionChanged, 3, slot);
    model::Action destroy = Make(ActionKind::kDestroy, Reason::kReplaced, 3, slot, "i-" + std::to_string(slot + 1));
    create.replace = destroy.replace = true;
    const auto first = static_cast<model::ActionId>(plan.graph.actions.size());
    AddAction(&plan, create, {slot == 0 ? 3 : first - 1});
    AddAction(&plan, destroy, {first});
  }
  AddAction(&plan, Make(ActionKind::kCreate, Reason::kSizeUp, 3, 2), {3});
  AddAction(&plan, Make(ActionKind::kDestroy, Reason::kStray, 3, 7, "i-9"));
  AddAction(&plan, Make(ActionKind::kDestroy, Reason::kGroupRemoved, 2, 0, "i-5"));
  return plan;
}

model::Plan LargePlan(std::uint32_t count) {
  model::Plan plan;
  plan.cluster = "shop";
  model::PlanGroup web = Group("web", 0, count);
  web.is_new = true;
  web.counts.create = plan.counts.create = count;
  plan.groups = {web};
  for (std::uint32_t i = 0; i < count; ++i) AddAction(&plan, Make(ActionKind::kCreate, Reason::kSizeUp, 0, i));
  return plan;
}

model::Plan HostilePlan() {
  model::Plan plan = LargePlan(1);
  const std::string evil = "x\x1b[2J</details><script>|`@team`\n## forged [a](http://b) \xE2\x80\xAE";
  plan.cluster = evil;
  plan.notes = {evil};
  model::PlanGroup& web = plan.groups[0];
  web.path = evil;
  web.moved_from = web.order_reason = evil;
  web.frozen = evil;
  web.notes = web.policy_changes = {evil};
  web.properties = {{evil, evil, evil, true}};
  model::RevisionRecord revision;
  revision.provider.name = revision.provider.url = evil;
  revision.properties = base::Canonical(base::Json{{evil, evil}, {"args", {evil}}});
  revision.labels = {{evil, evil}};
  web.revisions = {revision};
  plan.graph.actions[0].instance_id = evil;
  plan.graph.actions[0].slot.logical_id = evil;
  model::Drift drift;
  drift.instance_id = drift.detail = evil;
  plan.drift = {drift};
  plan.diagnostics.Error(evil, evil);
  return plan;
}

model::ClusterState SampleState() {
  model::ClusterState state;
  state.cluster.lineage = "abcdefghijklmnopqrstuvwxy2";
  state.cluster.id = "0f1e";
  state.cluster.name = "shop";
  state.cluster.version = "0.0.1";
  state.cluster.serial = 7;
  state.cluster.commit = "0123456789012345678901234567890123456789";
  auto& group = state.groups["web"];
  group.record.path = "web";
  model::RevisionRecord revision;
  revision.id.bytes.fill(0xab);
  revision.provider.name = "sim";
  group.record.revisions = {revision};
  group.record.current.size = 3;
  group.record.current.revision = revision.id;
  group.record.target = group.record.current;
  group.record.backoff = {3, base::FromUnixMillis(1'763'800'020'000), revision.id, "quota: none left"};
  for (std::uint32_t i = 0; i < 4; ++i) {
    model::NodeRecord node;
    node.slot.ordinal = i;
    node.incarnation = 1;
    node.phase = i == 3 ? model::NodePhase::kTombstone : model::NodePhase::kLive;
    if (i < 3) {
      node.revision = revision.id;
      node.instance_id = "i-" + std::to_string(i);
      node.address = "10.0.0." + std::to_string(i);
    }
    node.tainted = i == 1;
    if (i == 1) node.taint_reason = "disk";
    node.created_at = base::FromUnixMillis(1'763'800'000'000);
    group.nodes.emplace(model::NodeRowKey{i, 1}, node);
  }
  return state;
}

void CheckGolden(const std::string& name, const std::string& text) {
  test::CheckGolden(std::string(GOLDEN_DIR) + "/" + name, text);
}

}  // namespace kadende::tests
