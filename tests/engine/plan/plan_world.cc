#include "tests/engine/plan/plan_world.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "engine/base/text.h"
#include "engine/model/expression.h"

namespace kadende::test {
namespace {

using model::ActionKind;

const model::NodeRecord* RowOf(const model::ClusterState& state, const std::string& group,
                               const model::Action& action) {
  auto found = state.groups.find(group);
  if (found == state.groups.end()) return nullptr;
  auto row = found->second.nodes.find({action.slot.ordinal, action.incarnation});
  if (row == found->second.nodes.end() || row->second.phase == model::NodePhase::kTombstone) return nullptr;
  return row->second.instance_id == action.instance_id ? &row->second : nullptr;
}

// What engine/apply does, without threads, intents or retries.
class SimulatedApply {
 public:
  SimulatedApply(plan::Planned& planned, FakeProvider& fake, base::TimePoint now)
      : planned_(planned), state_(planned.state), fake_(fake), now_(now) {}

  void Begin(bool heal) {
    heal_ = heal;
    model::ClusterRecord cluster = state_.cluster;
    if (cluster.lineage.empty()) cluster.lineage = kLineage;
    cluster.name = planned_.desired.cluster_name;
    cluster.spec_hash = planned_.desired.spec_hash;
    state_.Apply(model::ClusterRecorded{cluster});
    for (const model::PlanGroup& group : planned_.plan.groups) {
      if (!group.moved_from.empty()) state_.Apply(model::GroupMoved{group.moved_from, group.path, now_});
      if (group.frozen.empty() && !group.IsHeld() && !heal) SetTarget(group);
    }
  }

  void Act(const model::Action& action) {
    const model::PlanGroup& group = planned_.plan.groups[action.group];
    switch (action.kind) {
      case ActionKind::kCreate:
        Create(group, action);
        break;
      case ActionKind::kDestroy:
        Destroy(group, action);
        break;
      case ActionKind::kUpdate:
        Update(group, action);
        break;
      case ActionKind::kForget:
        state_.Apply(model::NodeGone{group.path, action.slot, action.incarnation, now_});
        break;
      case ActionKind::kAdopt:
        Adopt(group, action);
        break;
      case ActionKind::kGate:
      case ActionKind::kHook:
      case ActionKind::kDrain:
      case ActionKind::kRestart:
      case ActionKind::kSet:
        break;
    }
  }

  void End() {
    if (heal_) return;
    for (const model::PlanGroup& group : planned_.plan.groups) {
      if (!group.frozen.empty() || group.IsHeld()) continue;
      const bool waits = group.rollout && group.after.policy.rollout.strategy != model::RolloutStrategy::kOnDelete;
      if (waits) continue;
      model::GroupRecord record = state_.groups[group.path].record;
      record.current = record.target;
      state_.Apply(model::GroupRecorded{record});
    }
    state_.Apply(model::Published{state_.cluster.serial + 1, "commit"});
  }

 private:
  void SetTarget(const model::PlanGroup& group) {
    model::GroupRecord record = state_.groups[group.path].record;
    record.path = group.path;
    record.target = group.after;
    for (const model::RevisionRecord& revision : group.revisions) {
      std::erase_if(record.revisions, [&](const auto& known) { return known.id == revision.id; });
      record.revisions.push_back(revision);
    }
    std::sort(record.revisions.begin(), record.revisions.end(), [](auto& a, auto& b) { return a.id < b.id; });
    state_.Apply(model::GroupRecorded{record});
  }

  model::Ownership Owner(const std::string& path, const model::Action& action, const base::Digest& revision) {
    model::Ownership owner{
        state_.cluster.lineage, state_.cluster.name, path, action.slot, action.incarnation, {}, revision};
    auto intent = state_.intents.find({{path, action.slot}, action.incarnation});
    owner.token = intent != state_.intents.end()
                      ? intent->second.token
                      : model::MakeToken(owner.lineage, path, action.slot, action.incarnation);
    return owner;
  }

  model::Instance CallCreate(const std::string& path, const model::Action& action,
                             const model::RevisionRecord& revision) {
    auto bound = model::PropertyTemplate::FromBound(revision.properties);
    REQUIRE(bound);
    auto properties = bound->RenderNode(model::NodeName(path, action.slot), action.slot.ordinal);
    REQUIRE(properties);
    ports::CreateRequest request;
    request.owner = Owner(path, action, revision.id);
    request.labels.assign(revision.labels.begin(), revision.labels.end());
    request.properties = *properties;
    auto created = fake_.Create(request, {});
    REQUIRE(created);
    return created->instance;
  }

  void PutRow(const std::string& path, const model::Action& action, const model::Instance& instance) {
    if (const auto* live = state_.groups[path].Live(action.slot.ordinal);
        live != nullptr && live->incarnation != action.incarnation) {
      model::NodeRecord leaving = *live;
      leaving.phase = model::NodePhase::kLeaving;
      state_.Apply(model::NodeChanged{path, leaving});
    }
    model::NodeRecord row;
    row.slot = action.slot;
    row.incarnation = action.incarnation;
    row.phase = model::NodePhase::kLive;
    row.token = instance.owner.token;
    row.revision = instance.owner.revision;
    row.instance_id = instance.id;
    row.created_at = now_;
    state_.Apply(model::NodeCreated{path, row});
  }

  void Create(const model::PlanGroup& group, const model::Action& action) {
    PutRow(group.path, action, CallCreate(group.path, action, group.revisions.at(action.to_revision)));
  }

  void Adopt(const model::PlanGroup& group, const model::Action& action) {
    for (const model::Instance& instance : fake_.Instances()) {
      if (instance.id == action.instance_id) PutRow(group.path, action, instance);
    }
  }

  void Destroy(const model::PlanGroup& group, const model::Action& action) {
    std::string id = action.instance_id;
    const model::NodeRecord* row = RowOf(state_, group.path, action);
    if (action.settle) id = CallCreate(group.path, action, group.revisions.at(action.from_revision)).id;
    REQUIRE(fake_.Destroy("{}", id, model::ReasonName(action.reason), {}));
    if (row != nullptr || action.settle) {
      state_.Apply(model::NodeGone{group.path, action.slot, action.incarnation, now_});
    } else {
      state_.Apply(model::IntentCleared{{group.path, action.slot}, action.incarnation});
    }
  }

  void Update(const model::PlanGroup& group, const model::Action& action) {
    const model::NodeRecord* found = RowOf(state_, group.path, action);
    REQUIRE(found != nullptr);
    model::NodeRecord row = *found;
    const model::RevisionRecord& revision = group.revisions.at(action.to_revision);
    ports::UpdateRequest request;
    request.id = row.instance_id;
    request.owner = Owner(group.path, action, revision.id);
    request.owner.token = row.token;
    request.labels.assign(revision.labels.begin(), revision.labels.end());
    request.properties = revision.properties;
    REQUIRE(fake_.Update(request, {}));
    row.revision = revision.id;
    state_.Apply(model::NodeChanged{group.path, row});
  }

  plan::Planned& planned_;
  model::ClusterState& state_;
  FakeProvider& fake_;
  base::TimePoint now_;
  bool heal_ = false;
};

// Ids in an order that the edges allow: the plan's own, or a random one.
std::vector<model::ActionId> RunOrder(const model::ActionGraph& graph, std::mt19937* random) {
  std::vector<model::ActionId> order;
  std::vector<bool> done(graph.actions.size(), false);
  while (order.size() < graph.actions.size()) {
    std::vector<model::ActionId> ready;
    for (model::ActionId id = 0; id < graph.actions.size(); ++id) {
      bool free = !done[id];
      for (std::uint32_t i = graph.offsets[id]; i < graph.offsets[id + 1]; ++i) free = free && done[graph.waits_for[i]];
      if (free) ready.push_back(id);
      if (free && random == nullptr) break;
    }
    REQUIRE_FALSE(ready.empty());
    const model::ActionId id = ready[random == nullptr ? 0 : (*random)() % ready.size()];
    done[id] = true;
    order.push_back(id);
  }
  return order;
}

std::string SizeText(const model::GroupTarget& target) {
  return target.revision.IsZero() ? "none" : std::to_string(target.size);
}

}  // namespace

PlanWorld::PlanWorld() {
  providers.Add(&fake);
  spec.name = "shop";
  spec.version = "1";
}

model::GroupSpec& PlanWorld::Group(const std::string& path, std::uint32_t size, const std::string& properties) {
  auto at = std::find_if(spec.groups.begin(), spec.groups.end(), [&](const auto& group) { return group.path >= path; });
  if (at == spec.groups.end() || at->path != path) at = spec.groups.insert(at, model::GroupSpec{});
  at->path = path;
  at->size = size;
  at->logical_ids.clear();
  at->provider.name = "fake";
  at->properties = properties;
  return *at;
}

model::GroupSpec& PlanWorld::Ids(const std::string& path, std::vector<std::string> ids) {
  model::GroupSpec& group = Group(path, static_cast<std::uint32_t>(ids.size()));
  group.logical_ids = std::move(ids);
  return group;
}

void PlanWorld::Drop(const std::string& path) {
  std::erase_if(spec.groups, [&](const auto& group) { return group.path == path; });
}

base::Result<plan::Planned> PlanWorld::TryPlan(const plan::PlanOptions& options) {
  return plan::MakePlan(&spec, state, providers, options, now);
}

plan::Planned PlanWorld::Plan(const plan::PlanOptions& options) {
  auto planned = TryPlan(options);
  if (!planned) FAIL(planned.error().message);
  return std::move(*planned);
}

std::string PlanWorld::Text(const plan::PlanOptions& options) {
  return DumpPlan(Plan(options).plan);
}

std::string PlanWorld::Actions(const plan::PlanOptions& options) {
  return DumpActions(Plan(options).plan);
}

plan::Planned PlanWorld::Heal() {
  plan::PlanOptions options;
  options.heal_only = true;
  auto planned = plan::MakePlan(nullptr, state, providers, options, now);
  if (!planned) FAIL(planned.error().message);
  return std::move(*planned);
}

void PlanWorld::Apply(plan::Planned planned, std::mt19937* random, std::size_t steps) {
  const std::vector<model::ActionId> order = RunOrder(planned.plan.graph, random);
  SimulatedApply apply(planned, fake, now);
  apply.Begin(false);
  for (std::size_t i = 0; i < std::min(steps, order.size()); ++i) apply.Act(planned.plan.graph.actions[order[i]]);
  if (steps >= order.size()) apply.End();
  state = std::move(planned.state);
}

void PlanWorld::CutCreate(const std::string& group, std::uint32_t ordinal, bool landed) {
  model::GroupState& in = state.groups.at(group);
  model::Intent intent;
  intent.node = {group, {ordinal, {}}};
  intent.incarnation = in.HighestIncarnation(ordinal) + 1;
  intent.token = model::MakeToken(kLineage, group, intent.node.slot, intent.incarnation);
  intent.revision = in.record.target.revision;
  intent.reason = model::Reason::kSizeUp;
  intent.written_at = now;
  state.Apply(model::IntentWritten{intent});
  if (landed) PutInstance(group, ordinal, intent.incarnation);
}

std::string PlanWorld::IdOf(const std::string& node) const {
  return const_cast<PlanWorld*>(this)->Row(node).instance_id;
}

model::NodeRecord& PlanWorld::Row(const std::string& node) {
  const model::NodeQuery query = model::ParseNodeQuery(node);
  for (auto& [key, row] : state.groups.at(query.group).nodes) {
    if (row.phase == model::NodePhase::kLive && row.slot.Key() == query.slot_key) return row;
  }
  throw std::runtime_error("no live row " + node);
}

std::string PlanWorld::PutInstance(const std::string& group, std::uint32_t ordinal, std::uint32_t incarnation) {
  model::Instance instance;
  instance.owner = {kLineage, "shop", group, {ordinal, {}}, incarnation, {}, {}};
  instance.owner.token = model::MakeToken(kLineage, group, instance.owner.slot, incarnation);
  if (auto in = state.groups.find(group); in != state.groups.end()) {
    instance.owner.revision = in->second.record.target.revision;
  }
  instance.status = model::InstanceStatus::kRunning;
  return fake.Put(instance);
}

std::string DumpActions(const model::Plan& plan) {
  std::string text;
  for (model::ActionId id = 0; id < plan.graph.actions.size(); ++id) {
    const model::Action& action = plan.graph.actions[id];
    const bool whole = action.kind == ActionKind::kGate || action.kind == ActionKind::kSet;
    const std::string& path = plan.groups[action.group].path;
    text += std::string(model::ActionKindName(action.kind)) + " ";
    text += whole ? path : model::NodeAddress{path, action.slot}.Display() + "#" + std::to_string(action.incarnation);
    text += " " + std::string(model::ReasonName(action.reason));
    if (action.replace) text += " replace";
    if (action.settle) text += " settle";
    std::vector<std::string> waits;
    for (std::uint32_t i = plan.graph.offsets[id]; i < plan.graph.offsets[id + 1]; ++i) {
      waits.push_back(std::to_string(plan.graph.waits_for[i]));
    }
    if (!waits.empty()) text += " after " + base::Join(waits, ",");
    text += "\n";
  }
  return text;
}

std::string DumpPlan(const model::Plan& plan) {
  std::string text;
  for (const model::PlanGroup& group : plan.groups) {
    text += "group " + group.path + ": " + SizeText(group.before) + " -> " + SizeText(group.after);
    if (!group.moved_from.empty()) text += ", moved from " + group.moved_from;
    text +=
        ", live >= " + std::to_string(group.lowest_live) + ", total <= " + std::to_string(group.highest_total) + "\n";
    const model::ChangeCounts& counts = group.counts;
    text += "  +" + std::to_string(counts.create) + " ~" + std::to_string(counts.update) + " -" +
            std::to_string(counts.destroy) + " -/+" + std::to_string(counts.replace) + " =" +
            std::to_string(counts.unchanged) + "\n";
    if (group.destroy_first) text += "  destroy-first: " + group.order_reason + "\n";
    if (!group.frozen.empty()) text += "  frozen: " + group.frozen + "\n";
    for (const model::PropertyChange& change : group.properties) {
      text += "  " + change.path + ": " + change.before + " -> " + change.after +
              (change.forces_replacement ? " (replace)\n" : "\n");
    }
    for (const std::string& change : group.policy_changes) text += "  policy " + change + "\n";
    for (const std::string& note : group.notes) text += "  note: " + note + "\n";
  }
  text += DumpActions(plan);
  for (const model::Drift& drift : plan.drift) {
    text += "drift " + model::NodeAddress{plan.groups[drift.group].path, drift.slot}.Display() + " " +
            std::string(model::ReasonName(drift.reason)) + "\n";
  }
  for (const std::string& note : plan.notes) text += "note: " + note + "\n";
  if (!plan.diagnostics.empty()) text += base::Render(plan.diagnostics);
  return text;
}

}  // namespace kadende::test
