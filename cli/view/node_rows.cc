#include "cli/view/node_rows.h"

#include <algorithm>

#include "engine/base/text.h"

namespace kadende::cli {
namespace {

bool IsWanted(const std::string& path, const NodesTableOptions& options) {
  const std::string& only = options.group;
  return only.empty() || path == only || path.compare(0, only.size() + 1, only + "/") == 0;
}

const plan::GroupView* ViewOf(const plan::PriorView* view, const std::string& path) {
  if (view == nullptr) return nullptr;
  const auto found = view->groups.find(path);
  return found == view->groups.end() ? nullptr : &found->second;
}

const plan::NodeSight* SightOf(const plan::GroupView* view, const model::NodeRowKey& key) {
  if (view == nullptr) return nullptr;
  const auto found = view->nodes.find(key);
  return found == view->nodes.end() ? nullptr : &found->second;
}

std::string StatusOf(const model::NodeRecord& node, const plan::NodeSight* sight) {
  if (node.phase == model::NodePhase::kTombstone) return "tombstone";
  if (node.phase == model::NodePhase::kLeaving) return "leaving";
  if (sight == nullptr) return "live";
  switch (sight->sight) {
    case plan::Sight::kPresent:
      return std::string(model::InstanceStatusName(sight->status));
    case plan::Sight::kMissing:
      return "missing";
    case plan::Sight::kTerminated:
      return "terminated";
    case plan::Sight::kUnknown:
      return "unknown";
  }
  return "unknown";
}

std::string NoteOf(const model::GroupState& group, const model::NodeRecord& node, const plan::NodeSight* sight) {
  std::vector<std::string> parts;
  if (node.tainted) parts.push_back(node.taint_reason.empty() ? "tainted" : "tainted: " + node.taint_reason);
  if (node.phase == model::NodePhase::kLive && node.revision != group.record.target.revision) {
    parts.emplace_back(group.record.target.revision.IsZero() ? "group removed" : "old revision");
  }
  for (const auto& hold : group.record.holds) {
    if (hold.slot_key == node.slot.Key()) parts.push_back("held by " + hold.owner + ": " + hold.reason);
  }
  if (sight != nullptr && sight->labels_differ) parts.emplace_back("labels differ");
  if (sight != nullptr && !sight->status_reason.empty()) parts.push_back(sight->status_reason);
  return base::Join(parts, "; ");
}

}  // namespace

std::vector<NodeRow> NodeRows(const model::ClusterState& state, const plan::PriorView* view,
                              const NodesTableOptions& options) {
  std::vector<NodeRow> rows;
  for (const auto& [path, group] : state.groups) {
    if (!IsWanted(path, options)) continue;
    const plan::GroupView* seen = ViewOf(view, path);
    for (const auto& [key, node] : group.nodes) {
      if (node.phase == model::NodePhase::kTombstone && !options.all) continue;
      const plan::NodeSight* sight = SightOf(seen, key);
      const std::string& address = sight != nullptr && !sight->address.empty() ? sight->address : node.address;
      rows.push_back({path, &node, StatusOf(node, sight), address, NoteOf(group, node, sight)});
    }
  }
  return rows;
}

std::vector<std::string> GroupNotes(const model::ClusterState& state, const plan::PriorView* view,
                                    const NodesTableOptions& options) {
  std::vector<std::string> notes;
  for (const auto& [path, group] : state.groups) {
    if (!IsWanted(path, options)) continue;
    const model::GroupRecord& record = group.record;
    const auto add = [&notes, &group_path = path](const std::string& text) {
      notes.push_back(group_path + ": " + text);
    };
    if (record.backoff.failures > 0) {
      std::string text = base::Count(record.backoff.failures, "create") + " failed";
      if (record.backoff.next_at > options.now) text += ", next try at " + base::FormatRfc3339(record.backoff.next_at);
      add(text + ": " + record.backoff.last_error);
    }
    for (const auto& hold : record.holds) {
      if (hold.slot_key.empty()) add("held by " + hold.owner + ": " + hold.reason);
    }
    if (record.destroy_backoff.next_at > options.now) {
      add(base::Count(record.destroy_backoff.failures, "destroy") + " failed, next try at " +
          base::FormatRfc3339(record.destroy_backoff.next_at) + ": " + record.destroy_backoff.last_error);
    }
    if (record.target != record.current) {
      add(record.target.revision.IsZero() ? "an unfinished run is removing it; `destroy` goes on with it, or `apply`"
                                          : "an unfinished run is moving it; `apply` goes on with it");
    }
    if (const auto* seen = ViewOf(view, path)) {
      if (!seen->frozen.empty()) add("frozen: " + seen->frozen);
      for (const auto& note : seen->notes) add(note);
      for (const auto& stray : seen->strays) {
        add("stray " + stray.instance.id + " of slot " + stray.instance.owner.slot.Key() + ", incarnation " +
            std::to_string(stray.instance.owner.incarnation));
      }
    }
  }
  for (const auto& [key, intent] : state.intents) {
    if (!IsWanted(intent.node.group, options)) continue;
    notes.push_back(intent.node.Display() + ": a " +
                    (intent.kind == model::IntentKind::kCreate ? "create" : "destroy") +
                    " is under way or was cut off, since " + base::FormatRfc3339(intent.written_at));
  }
  return notes;
}

}  // namespace kadende::cli
