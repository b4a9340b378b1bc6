#include "engine/apply/merge.h"

#include <algorithm>
#include <map>
#include <unordered_set>
#include <utility>

namespace kadende::apply {
namespace {

using model::ClusterState;
using model::GroupState;
using model::NodePhase;
using model::NodeRecord;

class Merger {
 public:
  Merger(const ClusterState& local, const ClusterState& remote, base::TimePoint now)
      : local_(local), remote_(remote), now_(now) {
    for (const auto& [path, group] : remote.groups) {
      for (const auto& [key, node] : group.nodes) {
        if (node.phase != NodePhase::kTombstone) tokens_.insert(node.token);
      }
    }
  }

  Merged Go() {
    for (const auto& [path, group] : local_.groups) {
      for (const auto& [key, node] : group.nodes) TakeRow(path, group, node);
    }
    for (const auto& [key, intent] : local_.intents) TakeIntent(intent);
    // After the rows, so that a tombstone stands only where nothing else keeps the incarnation.
    for (const auto& [path, group] : local_.groups) RaiseCeilings(path, group);
    for (auto& [path, header] : headers_) {
      if (header.changed) merged_.changes.emplace_back(model::GroupRecorded{std::move(header.record)});
    }
    for (model::StateChange& change : rows_) merged_.changes.push_back(std::move(change));
    return std::move(merged_);
  }

 private:
  struct Header {
    model::GroupRecord record;
    std::uint32_t live = 0;
    bool changed = false;
  };

  // Where a group of ours is over there, after renames. Rows keep their tokens when they move.
  std::string PathThere(std::string path) const {
    for (std::size_t steps = 0; steps <= remote_.groups.size(); ++steps) {
      const auto group = remote_.groups.find(path);
      if (group == remote_.groups.end() || group->second.record.moved_to.empty()) break;
      path = group->second.record.moved_to;
    }
    return path;
  }

  Header& HeaderOf(const std::string& path) {
    const auto [entry, added] = headers_.try_emplace(path);
    if (!added) return entry->second;
    Header& header = entry->second;
    if (const auto there = remote_.groups.find(path); there != remote_.groups.end()) {
      header.record = there->second.record;
      header.live = there->second.LiveCount();
    } else {
      // A group that only we have is one that nobody wants any more.
      header.record.path = path;
      header.changed = true;
    }
    return header;
  }

  [[nodiscard]] std::uint32_t HighestThere(const std::string& path, std::uint32_t ordinal) const {
    const auto there = remote_.groups.find(path);
    return there == remote_.groups.end() ? 0 : there->second.HighestIncarnation(ordinal);
  }

  [[nodiscard]] bool IsFree(const std::string& path, const model::Slot& slot) const {
    if (taken_.contains({path, slot.ordinal})) return false;
    const auto there = remote_.groups.find(path);
    return there == remote_.groups.end() || there->second.Live(slot.ordinal) == nullptr;
  }

  // The revision's record comes along, for it says where the instance lives.
  void Learn(Header& header, const GroupState& ours, const base::Digest& id) {
    const model::RevisionRecord* revision = ours.Revision(id);
    auto& known = header.record.revisions;
    const auto place =
        std::lower_bound(known.begin(), known.end(), id,
                         [](const auto& entry, const base::Digest& wanted) { return entry.id < wanted; });
    if (revision == nullptr || (place != known.end() && place->id == id)) return;
    known.insert(place, *revision);
    header.changed = true;
  }

  void TakeRow(const std::string& path, const GroupState& group, const NodeRecord& node) {
    if (node.phase == NodePhase::kTombstone || tokens_.contains(node.token)) return;
    const std::string there = PathThere(path);
    if (HighestThere(there, node.slot.ordinal) >= node.incarnation) return;  // a stray, if it still is
    Header& header = HeaderOf(there);
    Learn(header, group, node.revision);
    NodeRecord row = node;
    const bool wanted = node.phase == NodePhase::kLive && IsWanted(header, node.slot) && IsFree(there, node.slot);
    row.phase = wanted ? NodePhase::kLive : NodePhase::kLeaving;
    if (wanted) {
      ++header.live;
      taken_.insert({{there, node.slot.ordinal}, true});
    }
    Note(wanted ? merged_.adopted : merged_.leaving, there, node.slot, node.instance_id);
    Issued(there, node.slot, node.incarnation);
    // As a create's outcome: the slot's older tombstones go.
    rows_.emplace_back(model::NodeCreated{there, std::move(row)});
  }

  static bool IsWanted(const Header& header, const model::Slot& slot) {
    const model::GroupTarget& target = header.record.target;
    if (target.revision.IsZero()) return false;
    if (target.logical_ids.empty()) return slot.logical_id.empty() && header.live < target.size;
    return std::find(target.logical_ids.begin(), target.logical_ids.end(), slot.logical_id) != target.logical_ids.end();
  }

  // Destroys need no note: what is still there is a row that is leaving, or a stray.
  void TakeIntent(const model::Intent& intent) {
    if (intent.kind != model::IntentKind::kCreate || tokens_.contains(intent.token)) return;
    const std::string there = PathThere(intent.node.group);
    if (HighestThere(there, intent.node.slot.ordinal) >= intent.incarnation) return;
    const auto open = remote_.intents.find({{there, intent.node.slot}, intent.incarnation});
    if (open != remote_.intents.end()) return;
    const auto ours = local_.groups.find(intent.node.group);
    Header& header = HeaderOf(there);
    if (ours != local_.groups.end()) Learn(header, ours->second, intent.revision);
    model::Intent kept = intent;
    kept.node.group = there;
    Note(merged_.intents, there, intent.node.slot, "being created");
    Issued(there, intent.node.slot, intent.incarnation);
    rows_.emplace_back(model::IntentWritten{std::move(kept)});
  }

  void RaiseCeilings(const std::string& path, const GroupState& group) {
    const std::string there = PathThere(path);
    if (group.record.incarnation_floor > 0) {
      const auto known = remote_.groups.find(there);
      const std::uint32_t floor = known == remote_.groups.end() ? 0 : known->second.record.incarnation_floor;
      if (group.record.incarnation_floor > floor) {
        Header& header = HeaderOf(there);
        header.record.incarnation_floor = group.record.incarnation_floor;
        header.changed = true;
      }
    }
    for (const auto& [key, node] : group.nodes) {
      if (node.phase != NodePhase::kTombstone || !group.record.moved_to.empty()) continue;
      std::uint32_t& issued = issued_.try_emplace({there, key.ordinal}, HighestThere(there, key.ordinal)).first->second;
      if (issued >= key.incarnation) continue;
      issued = key.incarnation;
      HeaderOf(there);
      rows_.emplace_back(model::CreateFailed{there, node.slot, key.incarnation, now_});
    }
  }

  void Issued(const std::string& path, const model::Slot& slot, std::uint32_t incarnation) {
    std::uint32_t& issued = issued_.try_emplace({path, slot.ordinal}, HighestThere(path, slot.ordinal)).first->second;
    issued = std::max(issued, incarnation);
  }

  static void Note(std::vector<std::string>& list, const std::string& path, const model::Slot& slot,
                   const std::string& what) {
    list.push_back(model::NodeAddress{path, slot}.Display() + " (" + what + ")");
  }

  const ClusterState& local_;
  const ClusterState& remote_;
  const base::TimePoint now_;
  std::unordered_set<model::Token> tokens_;                                // of instances that `remote` has
  std::map<std::string, Header> headers_;                                  // of groups that were touched
  std::map<std::pair<std::string, std::uint32_t>, bool> taken_;            // slots that were given away
  std::map<std::pair<std::string, std::uint32_t>, std::uint32_t> issued_;  // highest incarnation by now
  model::StateChanges rows_;
  Merged merged_;
};

}  // namespace

Merged Merge(const ClusterState& local, const ClusterState& remote, base::TimePoint now) {
  return Merger(local, remote, now).Go();
}

}  // namespace kadende::apply
