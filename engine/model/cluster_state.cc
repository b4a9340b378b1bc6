#include "engine/model/cluster_state.h"

#include <algorithm>
#include <iterator>

namespace kadende::model {
namespace {

NodeRecord Tombstone(const Slot& slot, std::uint32_t incarnation, base::TimePoint at) {
  NodeRecord tombstone;
  tombstone.slot = slot;
  tombstone.incarnation = incarnation;
  tombstone.phase = NodePhase::kTombstone;
  tombstone.created_at = at;
  return tombstone;
}

// All rows of one slot.
auto SlotRange(std::map<NodeRowKey, NodeRecord>& nodes, std::uint32_t ordinal) {
  return std::pair(nodes.lower_bound({ordinal, 0}), nodes.lower_bound({ordinal + 1, 0}));
}

// One visitor method per change; the store's lmdb_apply mirrors it row by row.
class Applier {
 public:
  explicit Applier(ClusterState& state) : state_(state) {}

  void operator()(const IntentWritten& change) {
    state_.intents.insert_or_assign({change.intent.node, change.intent.incarnation}, change.intent);
  }

  void operator()(const NodeCreated& change) {
    GroupState& group = Group(change.group);
    const auto [begin, end] = SlotRange(group.nodes, change.node.slot.ordinal);
    for (auto row = begin; row != end;) {
      const bool superseded =
          row->second.phase == NodePhase::kTombstone && row->first.incarnation < change.node.incarnation;
      row = superseded ? group.nodes.erase(row) : std::next(row);
    }
    Put(group, change.group, change.node);
    EraseIntent(change.group, change.node.slot, change.node.incarnation);
  }

  void operator()(const CreateFailed& change) {
    GroupState& group = Group(change.group);
    LeaveTombstone(group, change.group, change.slot, change.incarnation, change.at);
    EraseIntent(change.group, change.slot, change.incarnation);
  }

  void operator()(const NodeChanged& change) { Put(Group(change.group), change.group, change.node); }

  void operator()(const NodeGone& change) {
    GroupState& group = Group(change.group);
    if (group.nodes.erase({change.slot.ordinal, change.incarnation}) > 0) MarkSlot(change.group, change.slot.ordinal);
    LeaveTombstone(group, change.group, change.slot, change.incarnation, change.at);
    EraseIntent(change.group, change.slot, change.incarnation);
  }

  void operator()(const IntentCleared& change) { state_.intents.erase({change.node, change.incarnation}); }

  void operator()(const GroupRecorded& change) {
    Group(change.record.path).record = change.record;
    state_.dirty_groups.insert(change.record.path);
  }

  void operator()(const GroupMoved& change) {
    GroupState& from = Group(change.from);
    GroupState& to = Group(change.to);
    GroupState left;
    left.record.path = change.from;
    left.record.moved_to = change.to;
    left.record.incarnation_floor = from.record.incarnation_floor;
    for (const auto& [key, node] : from.nodes) {
      // One tombstone per slot, of its highest incarnation: rows are sorted, so the last one of a slot stays.
      const auto [begin, end] = SlotRange(left.nodes, key.ordinal);
      left.nodes.erase(begin, end);
      left.nodes.emplace(key, Tombstone(node.slot, key.incarnation, change.at));
      MarkSlot(change.from, key.ordinal);
      MarkSlot(change.to, key.ordinal);
    }
    // A group that is moved back finds tombstones of its former life; the live rows are what counts.
    const std::uint32_t floor = FloorOf(to);
    for (const auto& [key, node] : to.nodes) MarkSlot(change.to, key.ordinal);
    to.nodes = std::move(from.nodes);
    const std::string path = change.to;
    to.record = std::move(from.record);
    to.record.path = path;
    to.record.moved_to.clear();
    to.record.incarnation_floor = std::max(to.record.incarnation_floor, floor);
    from = std::move(left);
    MoveIntents(change, from);
    state_.dirty_groups.insert(change.from);
    state_.dirty_groups.insert(change.to);
  }

  void operator()(const ClusterRecorded& change) {
    state_.cluster = change.record;
    state_.dirty_cluster = true;
  }

  void operator()(const Published& change) {
    state_.cluster.serial = change.serial;
    state_.cluster.commit = change.commit;
    state_.cluster.run.reset();
    state_.dirty_chunks.clear();
    state_.dirty_groups.clear();
    state_.dirty_cluster = false;
  }

  void operator()(const EventRecorded& /*change*/) {}

  void operator()(const RowErased& change) {
    const auto group = state_.groups.find(change.group);
    if (group == state_.groups.end() || group->second.nodes.erase(change.row) == 0) return;
    MarkSlot(change.group, change.row.ordinal);
  }

  void operator()(const GroupErased& change) {
    const auto group = state_.groups.find(change.path);
    if (group == state_.groups.end()) return;
    for (const auto& [key, node] : group->second.nodes) MarkSlot(change.path, key.ordinal);
    state_.dirty_groups.insert(change.path);
    state_.groups.erase(group);
  }

 private:
  GroupState& Group(const std::string& path) {
    GroupState& group = state_.groups[path];
    if (group.record.path.empty()) group.record.path = path;
    return group;
  }

  static std::uint32_t FloorOf(const GroupState& group) {
    std::uint32_t floor = group.record.incarnation_floor;
    for (const auto& [key, node] : group.nodes) floor = std::max(floor, key.incarnation);
    return floor;
  }

  void Put(GroupState& group, const std::string& path, const NodeRecord& node) {
    group.nodes.insert_or_assign(KeyOf(node), node);
    MarkSlot(path, node.slot.ordinal);
  }

  // Incarnations are never used again: a slot without any row keeps its highest one.
  void LeaveTombstone(GroupState& group, const std::string& path, const Slot& slot, std::uint32_t incarnation,
                      base::TimePoint at) {
    const auto [begin, end] = SlotRange(group.nodes, slot.ordinal);
    if (begin != end && std::prev(end)->first.incarnation >= incarnation) return;
    // A lower row that still has an instance keeps the slot; the tombstone beside it keeps the incarnation.
    for (auto row = begin; row != end;) {
      row = row->second.phase == NodePhase::kTombstone ? group.nodes.erase(row) : std::next(row);
    }
    Put(group, path, Tombstone(slot, incarnation, at));
  }

  void EraseIntent(const std::string& path, const Slot& slot, std::uint32_t incarnation) {
    if (!state_.intents.empty()) state_.intents.erase({NodeAddress{path, slot}, incarnation});
  }

  // Their incarnations stay used in `left`, too: its paths would make the same tokens again.
  void MoveIntents(const GroupMoved& change, GroupState& left) {
    std::vector<Intent> moved;
    for (auto entry = state_.intents.begin(); entry != state_.intents.end();) {
      if (entry->first.first.group != change.from) {
        ++entry;
        continue;
      }
      moved.push_back(std::move(entry->second));
      entry = state_.intents.erase(entry);
    }
    for (Intent& intent : moved) {
      LeaveTombstone(left, change.from, intent.node.slot, intent.incarnation, change.at);
      intent.node.group = change.to;
      const auto key = std::pair(intent.node, intent.incarnation);
      state_.intents.insert_or_assign(key, std::move(intent));
    }
  }

  void MarkSlot(const std::string& path, std::uint32_t ordinal) {
    state_.dirty_chunks.insert({path, ordinal / kChunkSlots});
  }

  ClusterState& state_;
};

}  // namespace

const NodeRecord* GroupState::Live(std::uint32_t ordinal) const {
  for (auto row = nodes.lower_bound({ordinal, 0}); row != nodes.end() && row->first.ordinal == ordinal; ++row) {
    if (row->second.phase == NodePhase::kLive) return &row->second;
  }
  return nullptr;
}

std::uint32_t GroupState::HighestIncarnation(std::uint32_t ordinal) const {
  const auto after = nodes.lower_bound({ordinal + 1, 0});
  if (after == nodes.begin() || std::prev(after)->first.ordinal != ordinal) return record.incarnation_floor;
  return std::max(record.incarnation_floor, std::prev(after)->first.incarnation);
}

const RevisionRecord* GroupState::Revision(const base::Digest& id) const {
  const auto& revisions = record.revisions;
  const auto found =
      std::lower_bound(revisions.begin(), revisions.end(), id,
                       [](const RevisionRecord& revision, const base::Digest& wanted) { return revision.id < wanted; });
  return found != revisions.end() && found->id == id ? &*found : nullptr;
}

std::uint32_t GroupState::LiveCount() const {
  return static_cast<std::uint32_t>(
      std::count_if(nodes.begin(), nodes.end(), [](const auto& row) { return row.second.phase == NodePhase::kLive; }));
}

void ClusterState::Apply(const StateChange& change) {
  std::visit(Applier(*this), change);
}

}  // namespace kadende::model
