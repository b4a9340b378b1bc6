#include "cli/store_check.h"

#include <map>
#include <string>
#include <utility>

#include "engine/base/text.h"
#include "engine/model/policy_json.h"

namespace kadende::cli {
namespace {

using model::GroupState;
using model::NodeRecord;
using ports::HistoryFault;

constexpr const char* kRemedy =
    "the store or the branch was changed by something else than kadende, or one of them was restored from a backup: "
    "`kadende show CLUSTER@HEAD` is what was published; move the state directory's data.mdb away to go on from that";

// The first field that differs; empty where none does.
std::string Difference(const NodeRecord& a, const NodeRecord& b) {
  if (a.phase != b.phase) return "phase";
  if (a.slot != b.slot) return "slot";
  if (a.instance_id != b.instance_id) return "instance";
  if (a.address != b.address) return "address";
  if (a.revision != b.revision) return "revision";
  if (a.token != b.token) return "token";
  if (a.unconfigured != b.unconfigured) return "hooks";
  if (a.tainted != b.tainted || a.taint_reason != b.taint_reason) return "taint";
  if (a.attributes != b.attributes) return "attributes";
  return a.created_at == b.created_at ? "" : "time";
}

std::string Difference(const model::GroupRecord& a, const model::GroupRecord& b) {
  if (model::TargetToJson(a.current) != model::TargetToJson(b.current)) return "current";
  if (model::TargetToJson(a.target) != model::TargetToJson(b.target)) return "target";
  if (a.incarnation_floor != b.incarnation_floor) return "incarnationFloor";
  if (a.moved_to != b.moved_to) return "movedTo";
  if (a.holds != b.holds) return "holds";
  if (a.revisions.size() != b.revisions.size()) return "revisions";
  for (std::size_t i = 0; i < a.revisions.size(); ++i) {
    if (a.revisions[i].id != b.revisions[i].id) return "revisions";
    if (a.revisions[i].properties != b.revisions[i].properties) return "revisions";
  }
  return "";
}

std::string Difference(const model::ClusterRecord& a, const model::ClusterRecord& b) {
  if (a.lineage != b.lineage) return "lineage";
  if (a.name != b.name) return "name";
  if (a.id != b.id) return "id";
  if (a.version != b.version) return "version";
  if (a.spec_text != b.spec_text || a.spec_hash != b.spec_hash) return "specification";
  if (a.plugins != b.plugins) return "plugins";
  return a.variables == b.variables ? "" : "variables";
}

class Comparison {
 public:
  Comparison(const model::ClusterState& store, const model::ClusterState& published)
      : store_(store), published_(published) {}

  StoreCheck Compare() {
    check_.unpublished = store_.dirty_chunks.size() + store_.dirty_groups.size() + (store_.dirty_cluster ? 1 : 0);
    if (Commits() && Header()) Groups();
    return std::move(check_);
  }

 private:
  bool Fail(std::string place, std::string cause) {
    check_.fault = HistoryFault{"the working store: " + std::move(place), std::move(cause), kRemedy};
    return false;
  }

  bool Commits() {
    if (store_.cluster.commit == published_.cluster.commit) return true;
    return Fail("the cluster's row", "it was published last as " + store_.cluster.commit + " (serial " +
                                         std::to_string(store_.cluster.serial) + "), the branch is at " +
                                         published_.cluster.commit + " (serial " +
                                         std::to_string(published_.cluster.serial) + ")");
  }

  bool Header() {
    ++check_.rows;
    const std::string what = store_.dirty_cluster ? std::string() : Difference(store_.cluster, published_.cluster);
    return what.empty() || Fail("the cluster's row", "its " + what + " is not the published one");
  }

  void Groups() {
    for (const auto& [path, group] : store_.groups) {
      const auto there = published_.groups.find(path);
      const GroupState* other = there == published_.groups.end() ? nullptr : &there->second;
      if (!Group(path, group, other)) return;
    }
    for (const auto& [path, group] : published_.groups) {
      if (store_.groups.contains(path) || store_.dirty_groups.contains(path)) continue;
      Fail("group " + path, "it was published, and the store does not have it");
      return;
    }
  }

  bool Group(const std::string& path, const GroupState& group, const GroupState* published) {
    ++check_.rows;
    const bool dirty = store_.dirty_groups.contains(path);
    if (published == nullptr) return dirty || Fail("group " + path, "it was never published, and is not marked as new");
    const std::string what = dirty ? std::string() : Difference(group.record, published->record);
    if (!what.empty()) return Fail("group " + path, "its " + what + " is not the published one");
    for (const auto& [key, row] : group.nodes) {
      if (IsDirty(path, key)) continue;
      ++check_.rows;
      const auto other = published->nodes.find(key);
      if (other == published->nodes.end()) return Fail(Name(path, row), "this row was never published");
      const std::string field = Difference(row, other->second);
      if (!field.empty()) return Fail(Name(path, row), "its " + field + " is not the published one");
    }
    for (const auto& [key, row] : published->nodes) {
      if (!group.nodes.contains(key) && !IsDirty(path, key)) {
        return Fail(Name(path, row), "this row was published, and the store does not have it");
      }
    }
    return true;
  }

  [[nodiscard]] bool IsDirty(const std::string& path, const model::NodeRowKey& key) const {
    return store_.dirty_chunks.contains({path, key.ordinal / model::kChunkSlots});
  }

  static std::string Name(const std::string& path, const NodeRecord& row) {
    return model::NodeAddress{path, row.slot}.Display() + ", incarnation " + std::to_string(row.incarnation);
  }

  const model::ClusterState& store_;
  const model::ClusterState& published_;
  StoreCheck check_;
};

}  // namespace

StoreCheck CompareWithPublished(const model::ClusterState& store, const model::ClusterState& published) {
  return Comparison(store, published).Compare();
}

std::optional<HistoryFault> CheckIncarnations(const std::vector<model::Event>& events) {
  std::map<std::pair<std::string, std::string>, std::uint32_t> highest;
  for (const model::Event& event : events) {
    if (event.kind != model::EventKind::kNodeCreated || event.incarnation == 0) continue;
    std::uint32_t& last = highest[{event.group, event.slot_key}];
    if (event.incarnation < last) {
      return HistoryFault{"event " + std::to_string(event.id) + " (" + base::FormatRfc3339(event.time) + ")",
                          event.group + "[" + event.slot_key + "] was created as incarnation " +
                              std::to_string(event.incarnation) + " after incarnation " + std::to_string(last),
                          "state was older than the world when this happened: look for a second instance with "
                          "`kadende nodes`, and who restored the state directory then"};
    }
    last = event.incarnation;
  }
  return std::nullopt;
}

}  // namespace kadende::cli
