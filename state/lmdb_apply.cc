#include "state/lmdb_apply.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "state/group_codec.h"
#include "state/lmdb_health.h"
#include "state/lmdb_keys.h"
#include "state/lmdb_rows.h"
#include "state/record_codec.h"

namespace kadende::state {
namespace {

using model::NodeRecord;
using model::NodeRowKey;
using model::Slot;

NodeRecord Tombstone(const Slot& slot, std::uint32_t incarnation, base::TimePoint at) {
  NodeRecord tombstone;
  tombstone.slot = slot;
  tombstone.incarnation = incarnation;
  tombstone.created_at = at;
  return tombstone;
}

bool IsGone(const model::GroupRecord& group) {
  return group.current.revision == base::Digest{} && group.target.revision == base::Digest{};
}

// The slot that a change is about, for those that touch one slot and nothing else.
struct SlotOf {
  using Place = std::optional<std::pair<const std::string*, std::uint32_t>>;
  Place operator()(const model::IntentWritten& c) const { return {{&c.intent.node.group, c.intent.node.slot.ordinal}}; }
  Place operator()(const model::NodeCreated& c) const { return {{&c.group, c.node.slot.ordinal}}; }
  Place operator()(const model::CreateFailed& c) const { return {{&c.group, c.slot.ordinal}}; }
  Place operator()(const model::NodeChanged& c) const { return {{&c.group, c.node.slot.ordinal}}; }
  Place operator()(const model::NodeGone& c) const { return {{&c.group, c.slot.ordinal}}; }
  Place operator()(const model::IntentCleared& c) const { return {{&c.node.group, c.node.slot.ordinal}}; }
  Place operator()(const model::RowErased& c) const { return {{&c.group, c.row.ordinal}}; }
  template <class Other>
  Place operator()(const Other&) const {
    return std::nullopt;
  }
};

// Changes in the order in which they are written. Changes of different slots commute, so runs of them are sorted by
// key: LMDB writes five to ten times less than in random order. All other changes stay where they are.
std::vector<const model::StateChange*> InKeyOrder(const model::StateChanges& changes) {
  std::vector<const model::StateChange*> order;
  order.reserve(changes.size());
  for (const auto& change : changes) order.push_back(&change);
  const auto is_slot = [](const model::StateChange* change) { return std::visit(SlotOf(), *change).has_value(); };
  const auto lower = [](const model::StateChange* a, const model::StateChange* b) {
    const auto x = std::visit(SlotOf(), *a);
    const auto y = std::visit(SlotOf(), *b);
    return std::tie(*x->first, x->second) < std::tie(*y->first, y->second);
  };
  for (auto begin = order.begin(); begin != order.end();) {
    begin = std::find_if(begin, order.end(), is_slot);
    const auto end = std::find_if_not(begin, order.end(), is_slot);
    std::stable_sort(begin, end, lower);  // stable: changes of one slot keep their order
    begin = end;
  }
  return order;
}

class Applier {
 public:
  Applier(Transaction& transaction, std::string_view lineage)
      : transaction_(transaction), lineage_(lineage), rows_(transaction.Open(Table::kNodes)) {}

  void operator()(const model::IntentWritten& change) {
    const model::Intent& intent = change.intent;
    bytes_.clear();
    EncodeIntent(intent, &bytes_);
    transaction_.Put(Table::kIntents, IntentKey(intent.node.group, intent.node.slot, intent.incarnation), bytes_);
  }

  void operator()(const model::NodeCreated& change) {
    EnsureGroup(change.group);
    for (const Row& row : SlotRows(change.group, change.node.slot.ordinal)) {
      if (row.phase == model::NodePhase::kTombstone && row.incarnation < change.node.incarnation) {
        EraseRow(change.group, {change.node.slot.ordinal, row.incarnation});
      }
    }
    PutRow(change.group, change.node);
    EraseIntent(change.group, change.node.slot, change.node.incarnation);
  }

  void operator()(const model::CreateFailed& change) {
    EnsureGroup(change.group);
    LeaveTombstone(change.group, change.slot, change.incarnation, change.at);
    EraseIntent(change.group, change.slot, change.incarnation);
  }

  void operator()(const model::NodeChanged& change) {
    EnsureGroup(change.group);
    PutRow(change.group, change.node);
  }

  void operator()(const model::NodeGone& change) {
    EnsureGroup(change.group);
    const NodeRowKey key{change.slot.ordinal, change.incarnation};
    if (transaction_.Get(Table::kNodes, RowKey(lineage_, change.group, key))) {
      EraseRow(change.group, key);
      MarkSlot(change.group, key.ordinal);
    }
    LeaveTombstone(change.group, change.slot, change.incarnation, change.at);
    EraseIntent(change.group, change.slot, change.incarnation);
  }

  void operator()(const model::IntentCleared& change) {
    EraseIntent(change.node.group, change.node.slot, change.incarnation);
  }

  void operator()(const model::GroupRecorded& change) {
    known_groups_.insert(change.record.path);
    PutGroup(change.record);
    dirty_groups_.insert(change.record.path);
    if (IsGone(change.record)) ForgetHealth(transaction_, lineage_, change.record.path);
  }

  void operator()(const model::GroupMoved& change);

  void operator()(const model::ClusterRecorded& change) {
    WriteCluster(transaction_, change.record);
    dirty_cluster_ = true;
  }

  void operator()(const model::Published& change) {
    auto cluster = ReadClusterHeader(transaction_, lineage_);
    if (!cluster) return;
    cluster->serial = change.serial;
    cluster->commit = change.commit;
    cluster->run.reset();
    WriteClusterHeader(transaction_, *cluster);
    transaction_.DeletePrefix(Table::kDirty, ClusterPrefix(lineage_));
    dirty_chunks_.clear();
    last_marked_ = dirty_chunks_.end();
    dirty_groups_.clear();
    dirty_cluster_ = false;
  }

  void operator()(const model::EventRecorded& /*change*/) {}

  void operator()(const model::RowErased& change) {
    if (!transaction_.Get(Table::kNodes, RowKey(lineage_, change.group, change.row))) return;
    EraseRow(change.group, change.row);
    MarkSlot(change.group, change.row.ordinal);
  }

  void operator()(const model::GroupErased& change);

  // The dirty marks of the whole batch, each once.
  void WriteMarks() {
    if (dirty_cluster_) transaction_.PutIfAbsent(Table::kDirty, DirtyClusterKey(lineage_));
    for (const auto& path : dirty_groups_) transaction_.PutIfAbsent(Table::kDirty, DirtyGroupKey(lineage_, path));
    for (const auto& chunk : dirty_chunks_) transaction_.PutIfAbsent(Table::kDirty, DirtyChunkKey(lineage_, chunk));
  }

 private:
  struct Row {
    std::uint32_t incarnation;
    model::NodePhase phase;
  };

  // The rows of one slot, in rising order of incarnation.
  std::vector<Row> SlotRows(const std::string& path, std::uint32_t ordinal);
  void EnsureGroup(const std::string& path);
  void LeaveTombstone(const std::string& path, const Slot& slot, std::uint32_t incarnation, base::TimePoint at);
  void MoveRows(const model::GroupMoved& change, std::uint32_t* floor);
  void MoveIntents(const model::GroupMoved& change);

  void PutGroup(const model::GroupRecord& record) {
    bytes_.clear();
    EncodeGroup(record, &bytes_);
    transaction_.PutIfChanged(Table::kGroups, GroupKey(lineage_, record.path), bytes_);
  }

  void PutRow(const std::string& path, const NodeRecord& node) {
    bytes_.clear();
    EncodeNode(node, &bytes_);
    transaction_.Put(Table::kNodes, RowKey(lineage_, path, {node.slot.ordinal, node.incarnation}), bytes_);
    MarkSlot(path, node.slot.ordinal);
  }

  void EraseRow(const std::string& path, NodeRowKey key) {
    transaction_.Delete(Table::kNodes, RowKey(lineage_, path, key));
  }

  std::string IntentKey(const std::string& path, const Slot& slot, std::uint32_t incarnation) const {
    return RowKey(lineage_, path, {slot.ordinal, incarnation});
  }

  void EraseIntent(const std::string& path, const Slot& slot, std::uint32_t incarnation) {
    transaction_.Delete(Table::kIntents, IntentKey(path, slot, incarnation));
  }

  void MarkSlot(const std::string& path, std::uint32_t ordinal) {
    const std::uint32_t chunk = ordinal / model::kChunkSlots;
    if (last_marked_ != dirty_chunks_.end() && last_marked_->chunk == chunk && last_marked_->group == path) return;
    last_marked_ = dirty_chunks_.insert({path, chunk}).first;
  }

  Transaction& transaction_;
  const std::string lineage_;
  Cursor rows_;
  std::string bytes_;                   // scratch
  std::set<std::string> known_groups_;  // have a row
  std::set<model::ChunkKey> dirty_chunks_;
  std::set<model::ChunkKey>::iterator last_marked_ = dirty_chunks_.end();
  std::set<std::string> dirty_groups_;
  bool dirty_cluster_ = false;
};

std::vector<Applier::Row> Applier::SlotRows(const std::string& path, std::uint32_t ordinal) {
  std::vector<Row> rows;
  const std::string first = RowKey(lineage_, path, {ordinal, 0});
  const std::string_view slot = std::string_view(first).substr(0, first.size() - 4);
  for (bool more = rows_.Seek(first); more && rows_.key().substr(0, slot.size()) == slot; more = rows_.Next()) {
    std::string_view read_path;
    NodeRowKey key;
    NodeRecord node;
    if (!ParseRowKey(rows_.key(), lineage_.size() + 1, &read_path, &key) || !DecodeNode(rows_.value(), &node)) {
      transaction_.Fail(DamagedRow("node", lineage_, path));
      break;
    }
    rows.push_back({key.incarnation, node.phase});
  }
  return rows;
}

void Applier::EnsureGroup(const std::string& path) {
  if (known_groups_.count(path) > 0) return;
  if (auto status = CheckKeys(lineage_, path); !status) return transaction_.Fail(status.error());
  if (!transaction_.Get(Table::kGroups, GroupKey(lineage_, path))) {
    model::GroupRecord empty;
    empty.path = path;
    PutGroup(empty);
  }
  known_groups_.insert(path);
}

void Applier::LeaveTombstone(const std::string& path, const Slot& slot, std::uint32_t incarnation, base::TimePoint at) {
  const std::vector<Row> rows = SlotRows(path, slot.ordinal);
  if (!rows.empty() && rows.back().incarnation >= incarnation) return;
  for (const Row& row : rows) {
    if (row.phase == model::NodePhase::kTombstone) EraseRow(path, {slot.ordinal, row.incarnation});
  }
  PutRow(path, Tombstone(slot, incarnation, at));
}

void Applier::operator()(const model::GroupMoved& change) {
  EnsureGroup(change.from);
  EnsureGroup(change.to);
  auto record = ReadGroup(transaction_, lineage_, change.from);
  const auto former = ReadGroup(transaction_, lineage_, change.to);
  if (!record || !former) return;  // the transaction has the error
  model::GroupRecord left;
  left.path = change.from;
  left.moved_to = change.to;
  left.incarnation_floor = record->incarnation_floor;
  std::uint32_t floor = former->incarnation_floor;
  MoveRows(change, &floor);
  record->path = change.to;
  record->moved_to.clear();
  record->incarnation_floor = std::max(record->incarnation_floor, floor);
  PutGroup(left);
  PutGroup(*record);
  MoveIntents(change);
  MoveHealth(transaction_, lineage_, change.from, change.to);
  dirty_groups_.insert(change.from);
  dirty_groups_.insert(change.to);
}

void Applier::operator()(const model::GroupErased& change) {
  if (!transaction_.Get(Table::kGroups, GroupKey(lineage_, change.path))) return;
  for (const auto& [key, node] : ReadNodes(transaction_, lineage_, change.path)) MarkSlot(change.path, key.ordinal);
  transaction_.DeletePrefix(Table::kNodes, RowPrefix(lineage_, change.path));
  transaction_.Delete(Table::kGroups, GroupKey(lineage_, change.path));
  ForgetHealth(transaction_, lineage_, change.path);
  known_groups_.erase(change.path);
  dirty_groups_.insert(change.path);
}

// Rows of `from` replace those of `to`, and leave one tombstone a slot behind. `floor` is raised to what `to` had used.
void Applier::MoveRows(const model::GroupMoved& change, std::uint32_t* floor) {
  for (const auto& [key, node] : ReadNodes(transaction_, lineage_, change.to)) {
    if (node.phase != model::NodePhase::kTombstone) {
      return transaction_.Fail({base::ErrorCode::kConflict,
                                "group `" + change.to + "` still has nodes: nothing moves there", base::Effect::kNone,
                                std::nullopt});
    }
    *floor = std::max(*floor, key.incarnation);
    MarkSlot(change.to, key.ordinal);  // its tombstones go: the published chunk changes, too
  }
  const std::map<NodeRowKey, NodeRecord> nodes = ReadNodes(transaction_, lineage_, change.from);
  transaction_.DeletePrefix(Table::kNodes, RowPrefix(lineage_, change.from));
  transaction_.DeletePrefix(Table::kNodes, RowPrefix(lineage_, change.to));
  for (auto row = nodes.begin(); row != nodes.end(); ++row) {
    PutRow(change.to, row->second);
    const auto next = std::next(row);
    const bool highest = next == nodes.end() || next->first.ordinal != row->first.ordinal;
    if (highest) PutRow(change.from, Tombstone(row->second.slot, row->first.incarnation, change.at));
  }
}

// Their incarnations stay used in `from`, too: its path would make the same tokens again.
void Applier::MoveIntents(const model::GroupMoved& change) {
  model::ClusterState state;
  ReadIntents(transaction_, lineage_, RowPrefix(lineage_, change.from), &state);
  transaction_.DeletePrefix(Table::kIntents, RowPrefix(lineage_, change.from));
  for (const auto& entry : state.intents) {
    model::Intent intent = entry.second;
    LeaveTombstone(change.from, intent.node.slot, intent.incarnation, change.at);
    intent.node.group = change.to;
    (*this)(model::IntentWritten{std::move(intent)});
  }
}

// A group's own path is checked where its row is made; intents alone make none.
struct PathOf {
  const std::string* operator()(const model::IntentWritten& c) const { return &c.intent.node.group; }
  const std::string* operator()(const model::GroupRecorded& c) const { return &c.record.path; }
  template <class Other>
  const std::string* operator()(const Other&) const {
    return nullptr;
  }
};

}  // namespace

void ApplyChanges(Transaction& transaction, std::string_view lineage, const model::StateChanges& changes) {
  Applier applier(transaction, lineage);
  const std::string* checked = nullptr;
  for (const model::StateChange* change : InKeyOrder(changes)) {
    const std::string* path = std::visit(PathOf(), *change);
    if (path != nullptr && (checked == nullptr || *checked != *path)) {
      if (auto status = CheckKeys(lineage, *path); !status) return transaction.Fail(status.error());
      checked = path;
    }
    std::visit(applier, *change);
  }
  applier.WriteMarks();
}

}  // namespace kadende::state
