// `nodes --json`: one document, written piece by piece, because a value per node would cost half a second at 100,000.
#include <utility>

#include "cli/view/health_text.h"
#include "cli/view/json_writer.h"
#include "cli/view/node_rows.h"
#include "cli/view/nodes_table.h"
#include "engine/plan/brake_words.h"
#include "engine/plan/holds.h"

namespace kadende::cli {
namespace {

class NodesWriter {
 public:
  NodesWriter(const NodesSeen& seen, const NodesTableOptions& options, const Sink& sink)
      : seen_(seen), options_(options), rows_(NodeRows(seen, options)), json_(sink) {}

  void Write() {
    const model::ClusterRecord& cluster = seen_.state.cluster;
    json_.BeginObject();
    json_.Field("cluster", cluster.name);
    json_.Field("lineage", cluster.lineage);
    json_.Field("serial", cluster.serial);
    Time("time", options_.now);
    json_.Key("nodes");
    json_.BeginArray();
    for (const NodeRow& row : rows_) Node(row);
    json_.EndArray();
    json_.Key("groups");
    json_.BeginArray();
    Groups();
    json_.EndArray();
    json_.Strings("notes", GroupNotes(seen_, rows_, options_));
    json_.EndObject();
    json_.Finish();
  }

 private:
  void Time(std::string_view key, base::TimePoint time) {
    if (time != base::TimePoint{}) json_.Field(key, base::FormatRfc3339(time, true));
  }

  void Node(const NodeRow& row) {
    const model::NodeRecord& node = *row.node;
    json_.BeginObject();
    json_.Field("node", model::NodeAddress{row.group, node.slot}.Display());
    json_.Field("group", row.group);
    json_.Field("slot", node.slot.Key());
    json_.Field("incarnation", node.incarnation);
    json_.Field("status", row.status);
    json_.Field("tainted", node.tainted);
    json_.OptionalField("instance", node.instance_id);
    json_.OptionalField("address", row.address);
    if (!node.revision.IsZero()) json_.Field("revision", base::ToHex(node.revision));
    Time("createdAt", node.created_at);
    json_.OptionalField("note", row.note);
    if (node.attributes != "{}" && !node.attributes.empty()) json_.RawField("attributes", node.attributes);
    if (row.health != nullptr) Health(*row.health, row.stale);
    json_.EndObject();
  }

  void Health(const model::NodeHealth& health, bool stale) {
    json_.Key("health");
    json_.BeginObject();
    json_.Field("state", model::HealthStateName(health.state));
    json_.Field("stale", stale);
    Time("since", health.since);
    Time("joinedAt", health.joined_at);
    json_.OptionalField("check", health.check);
    json_.OptionalField("evidence", health.evidence);
    Time("lastLook", health.last_at);
    Time("nextLook", health.next_at);
    json_.OptionalField("heldBack", health.held_back);
    Time("heldUntil", health.held_until);
    json_.EndObject();
  }

  void Groups() {
    auto row = rows_.begin();
    for (const auto& [path, group] : seen_.state.groups) {
      if (!IsWanted(path, options_)) continue;
      HealthCounts counts;
      for (; row != rows_.end() && row->group == path; ++row) counts.Add(*row);
      if (group.record.moved_to.empty()) Group(group.record, counts);
    }
  }

  void Group(const model::GroupRecord& record, const HealthCounts& counts) {
    json_.BeginObject();
    json_.Field("group", record.path);
    json_.Field("size", record.target.size);
    if (counts.All() > 0) Counts(counts);
    json_.Key("brakes");
    json_.BeginArray();
    for (const model::Brake& brake : record.brakes) {
      json_.BeginObject();
      json_.Field("kind", model::BrakeName(brake.kind));
      Time("since", brake.since);
      Time("until", brake.until);
      json_.Field("detail", brake.detail);
      json_.Field("remedy", plan::BrakeRemedy(brake.kind, record.path));
      json_.EndObject();
    }
    json_.EndArray();
    Holds(record);
    if (record.release) {
      json_.Key("release");
      json_.BeginObject();
      json_.Field("actor", record.release->actor);
      Time("since", record.release->since);
      Time("until", record.release->until);
      json_.EndObject();
    }
    Backoff("backoff", record.backoff);
    Backoff("destroyBackoff", record.destroy_backoff);
    json_.EndObject();
  }

  // Of the group, and of its slots, with or without a node.
  void Holds(const model::GroupRecord& record) {
    const plan::Holds holds(&record, options_.now);
    if (holds.empty()) return;
    json_.Key("holds");
    json_.BeginArray();
    for (const model::Hold& hold : holds.in_force()) {
      json_.BeginObject();
      if (!hold.slot_key.empty()) json_.Field("node", plan::HeldName(record.path, hold));
      json_.Field("owner", hold.owner);
      json_.Field("reason", hold.reason);
      Time("since", hold.since);
      Time("until", hold.until);
      if (!hold.only.empty()) json_.Strings("only", model::ProcessNames(hold.only));
      json_.EndObject();
    }
    json_.EndArray();
  }

  void Counts(const HealthCounts& counts) {
    json_.Key("health");
    json_.BeginObject();
    json_.Field("healthy", counts.healthy);
    json_.Field("unhealthy", counts.unhealthy);
    json_.Field("unknown", counts.unknown);
    json_.Field("initializing", counts.initializing);
    json_.Field("stale", counts.stale);
    Time("lastLook", counts.last_at);
    json_.EndObject();
  }

  void Backoff(std::string_view key, const model::CreateBackoff& backoff) {
    if (backoff.failures == 0) return;
    json_.Key(key);
    json_.BeginObject();
    json_.Field("failures", backoff.failures);
    Time("nextAt", backoff.next_at);
    json_.OptionalField("lastError", backoff.last_error);
    json_.EndObject();
  }

  const NodesSeen& seen_;
  const NodesTableOptions& options_;
  const std::vector<NodeRow> rows_;
  JsonWriter json_;
};

}  // namespace

std::string NodesJson(const NodesSeen& seen, const NodesTableOptions& options) {
  std::string text;
  const Sink sink = [&text](std::string_view piece) { text.append(piece); };
  NodesWriter(seen, options, sink).Write();
  return text;
}

}  // namespace kadende::cli
