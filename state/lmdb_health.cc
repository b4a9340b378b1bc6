#include "state/lmdb_health.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "engine/model/cluster_state.h"
#include "state/health_codec.h"
#include "state/lmdb_keys.h"

namespace kadende::state {
namespace {

using base::ErrorCode;
using model::NodeHealth;

constexpr int kSweptAtOnce = 64;

std::uint32_t ChunkOf(const NodeHealth* node) {
  return node->slot.ordinal / model::kChunkSlots;
}

HealthRows InOrder(const std::vector<NodeHealth>& nodes) {
  HealthRows rows;
  rows.reserve(nodes.size());
  for (const NodeHealth& node : nodes) rows.push_back(&node);
  const auto lower = [](const NodeHealth* a, const NodeHealth* b) {
    return std::tie(a->slot, a->incarnation) < std::tie(b->slot, b->incarnation);
  };
  if (!std::is_sorted(rows.begin(), rows.end(), lower)) std::sort(rows.begin(), rows.end(), lower);
  return rows;
}

void WriteGroup(Transaction& transaction, std::string_view lineage, std::string_view path, const HealthRows& rows) {
  std::vector<std::uint32_t> chunks;
  std::string bytes;
  for (auto begin = rows.begin(); begin != rows.end();) {
    const std::uint32_t chunk = ChunkOf(*begin);
    const auto end = std::find_if(begin, rows.end(), [&](const NodeHealth* node) { return ChunkOf(node) != chunk; });
    bytes.clear();
    EncodeHealth(begin, end, &bytes);
    transaction.PutIfChanged(Table::kHealth, HealthKey(lineage, path, chunk), bytes);
    chunks.push_back(chunk);
    begin = end;
  }
  const std::string prefix = RowPrefix(lineage, path);
  Cursor cursor = transaction.Open(Table::kHealth);
  for (bool more = cursor.Seek(prefix); more && cursor.key().starts_with(prefix); more = cursor.Next()) {
    std::string_view unused;
    std::uint32_t chunk = 0;
    const bool known = ParseHealthKey(cursor.key(), lineage.size() + 1, &unused, &chunk);
    if (!known || !std::binary_search(chunks.begin(), chunks.end(), chunk)) cursor.Delete();
  }
}

// From `first` on, while keys start with `prefix` and are below `end`. What does not even have a version is damage.
void SweepLapsed(Cursor& cursor, std::string_view first, std::string_view prefix, std::string_view end,
                 base::TimePoint now, int* left) {
  for (bool more = cursor.Seek(first); more && *left > 0; more = cursor.Next(), --*left) {
    if (!cursor.key().starts_with(prefix) || (!end.empty() && cursor.key() >= end)) return;
    model::HealthReport report;
    const bool lapses = DecodeReport(cursor.value(), &report) && report.until != base::TimePoint{};
    if (cursor.value().empty() || (lapses && report.until < now)) cursor.Delete();
  }
}

// Rows of `table` below one group's prefix get another's.
void MoveRows(Transaction& transaction, Table table, const std::string& from, const std::string& to) {
  transaction.DeletePrefix(table, to);
  std::vector<std::pair<std::string, std::string>> rows;
  {
    Cursor cursor = transaction.Open(table);
    for (bool more = cursor.Seek(from); more && cursor.key().starts_with(from); more = cursor.Next()) {
      rows.emplace_back(to + std::string(cursor.key().substr(from.size())), cursor.value());
    }
  }
  transaction.DeletePrefix(table, from);
  for (const auto& [key, value] : rows) {
    if (key.size() <= kMaxKeyBytes) transaction.Put(table, key, value);
  }
}

}  // namespace

ports::HealthByGroup ReadHealth(Transaction& transaction, std::string_view lineage) {
  ports::HealthByGroup health;
  const std::string prefix = ClusterPrefix(lineage);
  Cursor cursor = transaction.Open(Table::kHealth);
  for (bool more = cursor.Seek(prefix); more && cursor.key().starts_with(prefix); more = cursor.Next()) {
    std::string_view path;
    std::uint32_t chunk = 0;
    if (!ParseHealthKey(cursor.key(), prefix.size(), &path, &chunk)) continue;
    std::vector<NodeHealth>& nodes = health.try_emplace(health.end(), std::string(path))->second;
    const std::size_t before = nodes.size();
    if (!DecodeHealth(cursor.value(), &nodes)) nodes.resize(before);
  }
  std::erase_if(health, [](const auto& group) { return group.second.empty(); });
  return health;
}

void WriteHealth(Transaction& transaction, std::string_view lineage, const ports::HealthByGroup& groups) {
  // A watch may still tell of a cluster that was removed meanwhile.
  if (!transaction.Get(Table::kClusters, lineage)) return;
  for (const auto& [path, nodes] : groups) {
    if (auto status = CheckKeys(lineage, path); !status) return transaction.Fail(status.error());
    WriteGroup(transaction, lineage, path, InOrder(nodes));
  }
}

void WriteReport(Transaction& transaction, std::string_view lineage, const model::HealthReport& report) {
  if (!transaction.Get(Table::kClusters, lineage)) {
    return transaction.Fail({ErrorCode::kNotFound, "no cluster with lineage `" + std::string(lineage) + "`",
                             base::Effect::kNone, std::nullopt});
  }
  const std::string slot = ReportPrefix(lineage, report.group, report.slot_key);
  const std::string key = ReportKey(lineage, report.group, report.slot_key, report.incarnation);
  if (report.slot_key.find('\0') != std::string::npos || key.size() > kMaxKeyBytes) {
    return transaction.Fail({ErrorCode::kInvalid,
                             "the name of node `" + report.group + "[" + report.slot_key.substr(0, 40) +
                                 "]` is too long for a report, or has a zero byte",
                             base::Effect::kNone, std::nullopt});
  }
  std::string bytes;
  EncodeReport(report, &bytes);
  transaction.Put(Table::kReports, key, bytes);
  // Former incarnations of the slot first, then what follows, around to itself: a bounded step each time, so that a
  // fleet that reports costs the same for each node, and still meets all rows.
  const std::string cluster = ClusterPrefix(lineage);
  int left = kSweptAtOnce;
  Cursor cursor = transaction.Open(Table::kReports);
  SweepLapsed(cursor, slot, cluster, {}, report.at, &left);
  SweepLapsed(cursor, cluster, cluster, slot, report.at, &left);
}

std::vector<model::HealthReport> ReadReports(Transaction& transaction, std::string_view lineage) {
  std::vector<model::HealthReport> reports;
  const std::string prefix = ClusterPrefix(lineage);
  Cursor cursor = transaction.Open(Table::kReports);
  for (bool more = cursor.Seek(prefix); more && cursor.key().starts_with(prefix); more = cursor.Next()) {
    model::HealthReport report;
    if (ParseReportKey(cursor.key(), prefix.size(), &report) && DecodeReport(cursor.value(), &report)) {
      reports.push_back(std::move(report));
    }
  }
  return reports;
}

void ForgetHealth(Transaction& transaction, std::string_view lineage, std::string_view path) {
  const std::string prefix = RowPrefix(lineage, path);
  transaction.DeletePrefix(Table::kHealth, prefix);
  transaction.DeletePrefix(Table::kReports, prefix);
}

void MoveHealth(Transaction& transaction, std::string_view lineage, std::string_view from, std::string_view to) {
  const std::string before = RowPrefix(lineage, from);
  const std::string after = RowPrefix(lineage, to);
  for (const Table table : {Table::kHealth, Table::kReports}) MoveRows(transaction, table, before, after);
}

}  // namespace kadende::state
