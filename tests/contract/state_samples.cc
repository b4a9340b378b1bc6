// Records for tests of stores, and a state as text.
#include <sstream>

#include "engine/base/digest.h"
#include "engine/model/policy_json.h"
#include "tests/contract/state_store_contract.h"

namespace kadende::tests {
namespace {

using base::FromUnixMillis;
using base::ToHex;
using base::ToUnixMillis;
using namespace model;

std::ostream& operator<<(std::ostream& out, const ProviderRef& provider) {
  return out << provider.name << '@' << provider.version << ' ' << provider.url;
}

void DumpStrings(std::ostream& out, const std::map<std::string, std::string>& strings) {
  for (const auto& [key, value] : strings) out << ' ' << key << '=' << value;
}

void DumpGroup(std::ostream& out, const GroupRecord& group) {
  out << "group " << group.path << " current " << TargetToJson(group.current) << " target "
      << TargetToJson(group.target) << " floor " << group.incarnation_floor << " moved_to " << group.moved_to
      << " backoff " << group.backoff.failures << ' ' << ToUnixMillis(group.backoff.next_at) << ' '
      << ToHex(group.backoff.revision) << ' ' << group.backoff.last_error << " destroys "
      << group.destroy_backoff.failures << ' ' << ToUnixMillis(group.destroy_backoff.next_at) << ' '
      << group.destroy_backoff.last_error << '\n';
  for (const auto& revision : group.revisions) {
    out << "  revision " << ToHex(revision.id) << ' ' << revision.provider << ' ' << revision.properties << ' '
        << revision.scope_config << ' ' << revision.scope;
    DumpStrings(out, revision.labels);
    out << '\n';
  }
  for (const auto& hold : group.holds) {
    out << "  hold " << hold.slot_key << ' ' << hold.owner << ' ' << hold.reason << ' ' << ToUnixMillis(hold.since)
        << ' ' << ToUnixMillis(hold.until) << ' ' << hold.only.bits << '\n';
  }
  for (const auto& brake : group.brakes) {
    out << "  brake " << static_cast<int>(brake.kind) << ' ' << brake.detail << ' ' << ToUnixMillis(brake.since) << ' '
        << ToUnixMillis(brake.until) << '\n';
  }
  if (group.healing != model::GroupHealing{}) out << "  healing " << model::HealingToJson(group.healing) << '\n';
  for (const auto& forgotten : group.forgotten) {
    out << "  forgotten " << forgotten.slot.ordinal << '/' << forgotten.slot.logical_id << '.' << forgotten.incarnation
        << ' ' << forgotten.instance_id << ' ' << forgotten.actor << ' ' << ToUnixMillis(forgotten.at) << '\n';
  }
  if (group.release) {
    out << "  release " << group.release->actor << ' ' << ToUnixMillis(group.release->since) << ' '
        << ToUnixMillis(group.release->until) << '\n';
  }
}

void DumpNode(std::ostream& out, const NodeRowKey& key, const NodeRecord& node) {
  out << "  node " << key.ordinal << '.' << key.incarnation << " = " << node.slot.ordinal << '/' << node.slot.logical_id
      << '.' << node.incarnation << " phase " << static_cast<int>(node.phase) << " tainted " << node.tainted << ' '
      << node.taint_reason << ' ' << ToHex(node.token) << ' ' << ToHex(node.revision) << ' ' << node.instance_id << ' '
      << node.address << ' ' << node.attributes << ' ' << ToUnixMillis(node.created_at) << ' '
      << base::ToHex(node.secrets) << '\n';
}

void DumpIntent(std::ostream& out, const std::pair<NodeAddress, std::uint32_t>& key, const Intent& intent) {
  out << "intent " << key.first.Display() << '.' << key.second << " = " << intent.node.group << '['
      << intent.node.slot.ordinal << intent.node.slot.logical_id << "]." << intent.incarnation << ' '
      << static_cast<int>(intent.kind) << ' ' << static_cast<int>(intent.reason) << ' ' << ToHex(intent.token) << ' '
      << ToHex(intent.revision) << ' ' << intent.instance_id << ' ' << ToUnixMillis(intent.written_at) << ' '
      << intent.run_id << ' ' << intent.stray_provider << ' ' << intent.stray_scope_config << ' '
      << base::ToHex(intent.secrets) << '\n';
}

void DumpCluster(std::ostream& out, const ClusterRecord& cluster) {
  out << "cluster " << cluster.lineage << ' ' << cluster.id << ' ' << cluster.name << ' ' << cluster.version << ' '
      << cluster.spec_text << ' ' << ToHex(cluster.spec_hash) << ' ' << cluster.serial << ' ' << cluster.commit;
  DumpStrings(out, cluster.variables);
  if (cluster.run) {
    const Run& run = *cluster.run;
    out << " run " << run.id << ' ' << static_cast<int>(run.kind) << ' ' << run.actor << ' '
        << ToUnixMillis(run.started_at) << ' ' << run.plan << ' ' << run.subject << ' ' << run.plan_text;
  }
  out << '\n';
}

}  // namespace

std::string Dump(const ClusterState& state) {
  std::ostringstream out;
  DumpCluster(out, state.cluster);
  for (const auto& [path, group] : state.groups) {
    out << path << ": ";
    DumpGroup(out, group.record);
    for (const auto& [key, node] : group.nodes) DumpNode(out, key, node);
  }
  for (const auto& [key, intent] : state.intents) DumpIntent(out, key, intent);
  for (const auto& chunk : state.dirty_chunks) out << "dirty chunk " << chunk.group << ' ' << chunk.chunk << '\n';
  for (const auto& path : state.dirty_groups) out << "dirty group " << path << '\n';
  out << "dirty cluster " << state.dirty_cluster << '\n';
  return out.str();
}

ClusterRecord SomeCluster(const std::string& lineage, const std::string& name) {
  ClusterRecord cluster;
  cluster.lineage = lineage;
  cluster.id = "id-" + name;
  cluster.name = name;
  cluster.version = "0.0.1";
  cluster.spec_text = "name: " + name + "\n";
  cluster.spec_hash = base::Sha256(cluster.spec_text);
  cluster.variables = {{"image", "\"nginx\""}, {"n", "3"}};
  cluster.run = Run{"run-1", RunKind::kWatch, "ann@host", FromUnixMillis(5), "{\"plan\":1}", "apply: +2", "Plan: 2"};
  return cluster;
}

NodeRecord SomeNode(std::uint32_t ordinal, std::uint32_t incarnation, NodePhase phase) {
  NodeRecord node;
  node.slot.ordinal = ordinal;
  node.incarnation = incarnation;
  node.phase = phase;
  node.created_at = FromUnixMillis(1'763'800'000'000 + ordinal);
  if (phase == NodePhase::kTombstone) return node;
  node.instance_id = "i-" + std::to_string(ordinal) + "-" + std::to_string(incarnation);
  node.token = base::Sha256(node.instance_id);
  node.revision = base::Sha256("revision");
  return node;
}

Intent SomeIntent(const std::string& group, std::uint32_t ordinal, std::uint32_t incarnation) {
  Intent intent;
  intent.kind = ordinal % 2 == 0 ? IntentKind::kCreate : IntentKind::kDestroy;
  intent.node = {group, Slot{ordinal, ""}};
  intent.incarnation = incarnation;
  intent.token = base::Sha256(group);
  intent.reason = Reason::kSizeUp;
  intent.written_at = FromUnixMillis(77);
  intent.run_id = "run-1";
  intent.stray_provider.name = "sim";
  return intent;
}

Event SomeEvent(const std::string& group, const std::string& slot_key, std::int64_t millis) {
  Event event;
  event.time = FromUnixMillis(millis);
  event.kind = EventKind::kNodeCreated;
  event.reason = Reason::kMissing;
  event.cluster = "shop";
  event.group = group;
  event.slot_key = slot_key;
  event.incarnation = 2;
  event.instance_id = "i-1";
  event.run_id = "run-1";
  event.actor = "ann@host";
  event.message = "web[0] was created";
  return event;
}

}  // namespace kadende::tests
