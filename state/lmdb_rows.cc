#include "state/lmdb_rows.h"

#include <string>
#include <utility>

#include "state/group_codec.h"
#include "state/lmdb_keys.h"
#include "state/record_codec.h"

namespace kadende::state {
namespace {

// A text is written with its cluster, be it empty: where it is not there, damage may hide it.
std::string ReadText(Transaction& transaction, std::string_view lineage, ClusterText text) {
  if (const auto found = transaction.Get(Table::kClusters, ClusterTextKey(lineage, text))) return std::string(*found);
  CheckClusters(transaction);
  return {};
}

// Calls visit(key, value) for every row whose key starts with `prefix`, until it gives false.
template <class Visit>
void ForEach(Transaction& transaction, Table table, std::string_view prefix, Visit visit) {
  Cursor cursor = transaction.Open(table);
  for (bool more = cursor.Seek(prefix); more && cursor.key().substr(0, prefix.size()) == prefix; more = cursor.Next()) {
    if (!visit(cursor.key(), cursor.value())) return;
  }
}

void ReadGroups(Transaction& transaction, std::string_view lineage, model::ClusterState* state) {
  const std::string prefix = ClusterPrefix(lineage);
  ForEach(transaction, Table::kGroups, prefix, [&](std::string_view key, std::string_view value) {
    const std::string_view path = key.substr(prefix.size());
    model::GroupRecord& record =
        state->groups.emplace_hint(state->groups.end(), path, model::GroupState{})->second.record;
    record.path = path;
    if (DecodeGroup(value, &record)) return true;
    transaction.Fail(DamagedRow("group", lineage, path));
    return false;
  });
}

// One pass over all rows of the cluster: groups and rows come in the order of their maps.
void ReadAllNodes(Transaction& transaction, std::string_view lineage, model::ClusterState* state) {
  const std::string prefix = ClusterPrefix(lineage);
  model::GroupState* group = nullptr;
  ForEach(transaction, Table::kNodes, prefix, [&](std::string_view key, std::string_view value) {
    std::string_view path;
    model::NodeRowKey row;
    const bool good_key = ParseRowKey(key, prefix.size(), &path, &row);
    if (good_key && (group == nullptr || group->record.path != path)) {
      const auto found = state->groups.find(std::string(path));
      group = found == state->groups.end() ? nullptr : &found->second;
    }
    if (good_key && group != nullptr) {
      model::NodeRecord& node = group->nodes.try_emplace(group->nodes.end(), row)->second;
      node.slot.ordinal = row.ordinal;
      node.incarnation = row.incarnation;
      if (DecodeNode(value, &node)) return true;
    }
    transaction.Fail(DamagedRow("node", lineage, path));
    return false;
  });
}

void ReadMarks(Transaction& transaction, std::string_view lineage, model::ClusterState* state) {
  const std::string prefix = ClusterPrefix(lineage);
  ForEach(transaction, Table::kDirty, prefix, [&](std::string_view key, std::string_view /*value*/) {
    if (ParseDirtyKey(key, prefix.size(), state)) return true;
    transaction.Fail(DamagedRow("mark", lineage, ""));
    return false;
  });
}

// Rows of every cluster in a table.
RowCounts::ByLineage CountAll(Transaction& transaction, Table table) {
  RowCounts::ByLineage counts;
  auto current = counts.end();
  Cursor cursor = transaction.Open(table);
  for (bool more = cursor.First(); more; more = cursor.Next()) {
    const std::string_view lineage = cursor.key().substr(0, cursor.key().find('\0'));
    if (current == counts.end() || current->first != lineage) current = counts.try_emplace(std::string(lineage)).first;
    ++current->second;
  }
  return counts;
}

// A damaged page may hide rows, or show some twice: the number of rows that LMDB keeps beside the tree tells.
void CheckTable(Transaction& transaction, Table table, std::string_view lineage, std::uint64_t seen,
                RowCounts& counts) {
  const std::uint64_t wanted = transaction.Count(table);
  if (wanted == seen) return;
  if (const auto others = counts.OfOthers(table, lineage); others && *others + seen == wanted) return;
  RowCounts::ByLineage all = CountAll(transaction, table);
  if (!transaction.status()) return;
  std::uint64_t sum = seen;
  for (const auto& [other, count] : all) sum += other == lineage ? 0 : count;
  if (sum != wanted) return transaction.Fail(DamagedRow("row", lineage, ""));
  counts.Learn(table, std::move(all));
}

void CheckComplete(Transaction& transaction, std::string_view lineage, const model::ClusterState& state,
                   RowCounts& counts) {
  std::uint64_t nodes = 0;
  for (const auto& [path, group] : state.groups) nodes += group.nodes.size();
  const std::uint64_t marks = state.dirty_chunks.size() + state.dirty_groups.size() + (state.dirty_cluster ? 1 : 0);
  CheckTable(transaction, Table::kGroups, lineage, state.groups.size(), counts);
  CheckTable(transaction, Table::kNodes, lineage, nodes, counts);
  CheckTable(transaction, Table::kIntents, lineage, state.intents.size(), counts);
  CheckTable(transaction, Table::kDirty, lineage, marks, counts);
}

}  // namespace

base::Error DamagedRow(std::string_view kind, std::string_view lineage, std::string_view path) {
  base::Error error;
  error.code = base::ErrorCode::kCorrupt;
  error.message =
      "a " + std::string(kind) + " record of cluster `" + std::string(lineage) + "`" +
      (path.empty() ? std::string() : ", group `" + std::string(path) + "`,") +
      " in the working store is missing or does not read as one: data.mdb is damaged, or of a newer kadende. " +
      std::string(kDamageRemedy);
  return error;
}

std::optional<model::ClusterRecord> ReadClusterHeader(Transaction& transaction, std::string_view lineage) {
  const auto bytes = transaction.Get(Table::kClusters, lineage);
  if (!bytes) return std::nullopt;
  model::ClusterRecord cluster;
  cluster.lineage = lineage;
  if (DecodeCluster(*bytes, &cluster)) return cluster;
  transaction.Fail(DamagedRow("cluster", lineage, ""));
  return std::nullopt;
}

std::optional<model::GroupRecord> ReadGroup(Transaction& transaction, std::string_view lineage, std::string_view path) {
  const auto bytes = transaction.Get(Table::kGroups, GroupKey(lineage, path));
  if (!bytes) return std::nullopt;
  model::GroupRecord group;
  group.path = path;
  if (DecodeGroup(*bytes, &group)) return group;
  transaction.Fail(DamagedRow("group", lineage, path));
  return std::nullopt;
}

std::map<model::NodeRowKey, model::NodeRecord> ReadNodes(Transaction& transaction, std::string_view lineage,
                                                         std::string_view path) {
  std::map<model::NodeRowKey, model::NodeRecord> nodes;
  ForEach(transaction, Table::kNodes, RowPrefix(lineage, path), [&](std::string_view key, std::string_view value) {
    std::string_view read_path;
    model::NodeRowKey row;
    model::NodeRecord node;
    if (ParseRowKey(key, lineage.size() + 1, &read_path, &row) && DecodeNode(value, &node)) {
      node.slot.ordinal = row.ordinal;
      node.incarnation = row.incarnation;
      nodes.emplace_hint(nodes.end(), row, std::move(node));
      return true;
    }
    transaction.Fail(DamagedRow("node", lineage, path));
    return false;
  });
  return nodes;
}

void ReadIntents(Transaction& transaction, std::string_view lineage, std::string_view prefix,
                 model::ClusterState* state) {
  ForEach(transaction, Table::kIntents, prefix, [&](std::string_view key, std::string_view value) {
    std::string_view path;
    model::NodeRowKey row;
    model::Intent intent;
    if (ParseRowKey(key, lineage.size() + 1, &path, &row) && DecodeIntent(value, &intent)) {
      intent.node.group = path;
      intent.node.slot.ordinal = row.ordinal;
      intent.incarnation = row.incarnation;
      auto place = std::pair(intent.node, intent.incarnation);
      state->intents.emplace_hint(state->intents.end(), std::move(place), std::move(intent));
      return true;
    }
    transaction.Fail(DamagedRow("intent", lineage, path));
    return false;
  });
}

void CheckClusters(Transaction& transaction) {
  std::uint64_t seen = 0;
  {
    Cursor cursor = transaction.Open(Table::kClusters);
    for (bool more = cursor.First(); more; more = cursor.Next()) ++seen;
  }
  if (transaction.Count(Table::kClusters) != seen) transaction.Fail(DamagedRow("cluster", "?", ""));
}

std::optional<model::ClusterState> ReadCluster(Transaction& transaction, std::string_view lineage, RowCounts& counts) {
  auto header = ReadClusterHeader(transaction, lineage);
  if (!header) {
    CheckClusters(transaction);
    return std::nullopt;
  }
  model::ClusterState state;
  state.cluster = std::move(*header);
  state.cluster.spec_text = ReadText(transaction, lineage, ClusterText::kSpec);
  if (state.cluster.run) {
    state.cluster.run->plan = ReadText(transaction, lineage, ClusterText::kPlan);
    state.cluster.run->plan_text = ReadText(transaction, lineage, ClusterText::kPlanText);
  }
  ReadGroups(transaction, lineage, &state);
  ReadAllNodes(transaction, lineage, &state);
  ReadIntents(transaction, lineage, ClusterPrefix(lineage), &state);
  ReadMarks(transaction, lineage, &state);
  CheckComplete(transaction, lineage, state, counts);
  return state;
}

void WriteCluster(Transaction& transaction, const model::ClusterRecord& cluster) {
  transaction.PutIfChanged(Table::kClusters, ClusterTextKey(cluster.lineage, ClusterText::kSpec), cluster.spec_text);
  if (cluster.run) {
    transaction.PutIfChanged(Table::kClusters, ClusterTextKey(cluster.lineage, ClusterText::kPlan), cluster.run->plan);
    transaction.PutIfChanged(Table::kClusters, ClusterTextKey(cluster.lineage, ClusterText::kPlanText),
                             cluster.run->plan_text);
  }
  WriteClusterHeader(transaction, cluster);
}

void WriteClusterHeader(Transaction& transaction, const model::ClusterRecord& cluster) {
  std::string bytes;
  EncodeCluster(cluster, &bytes);
  transaction.PutIfChanged(Table::kClusters, cluster.lineage, bytes);
  if (cluster.run) return;
  transaction.Delete(Table::kClusters, ClusterTextKey(cluster.lineage, ClusterText::kPlan));
  transaction.Delete(Table::kClusters, ClusterTextKey(cluster.lineage, ClusterText::kPlanText));
}

}  // namespace kadende::state
