#include "state/lmdb_store.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <variant>

#include "engine/base/fault.h"
#include "state/lmdb_apply.h"
#include "state/lmdb_environment.h"
#include "state/lmdb_events.h"
#include "state/lmdb_health.h"
#include "state/lmdb_keys.h"
#include "state/lmdb_rows.h"
#include "state/lmdb_upgrade.h"
#include "state/record_codec.h"

namespace kadende::state {
namespace {

using base::ErrorCode;
using base::Fail;

tl::unexpected<base::Error> Unexpected(base::Error error) {
  return tl::unexpected<base::Error>(std::move(error));
}

tl::unexpected<base::Error> NoCluster(std::string_view lineage) {
  return Fail(ErrorCode::kNotFound, "no cluster with lineage `" + std::string(lineage) + "`");
}

bool OnlyEvents(const model::StateChanges& changes) {
  return std::all_of(changes.begin(), changes.end(),
                     [](const auto& change) { return std::holds_alternative<model::EventRecorded>(change); });
}

bool HasNodesOrIntents(const model::ClusterState& state) {
  return !state.intents.empty() || std::any_of(state.groups.begin(), state.groups.end(), [](const auto& group) {
    return std::any_of(group.second.nodes.begin(), group.second.nodes.end(),
                       [](const auto& row) { return row.second.phase != model::NodePhase::kTombstone; });
  });
}

class LmdbStore : public Store {
 public:
  LmdbStore(EnvironmentRef environment, const LmdbOptions& options)
      : environment_(std::move(environment)),
        limits_{options.keep_events, options.keep_events_for},
        read_only_(options.read_only) {}

  base::Result<std::vector<ports::ClusterSummary>> Clusters() override;
  base::Result<model::ClusterState> Load(std::string_view lineage) override;
  base::Status Commit(std::string_view lineage, const model::StateChanges& changes) override;
  base::Result<std::vector<model::Event>> Events(const ports::EventQuery& query) override;
  base::Status Remove(std::string_view lineage) override;

  base::Result<ports::HealthByGroup> LoadHealth(std::string_view lineage) override;
  base::Status SaveHealth(std::string_view lineage, const ports::HealthByGroup& groups) override;
  base::Status SaveHealthOf(const std::map<std::string, ports::HealthByGroup>& clusters) override;
  base::Status PutReport(std::string_view lineage, const model::HealthReport& report) override;
  base::Result<std::vector<model::HealthReport>> Reports(std::string_view lineage) override;

 private:
  base::Result<Transaction> BeginRead();
  base::Result<Transaction> BeginWrite();
  static void CheckBatch(Transaction& transaction, std::string_view lineage, const model::StateChanges& changes);

  const EnvironmentRef environment_;
  const EventLimits limits_;
  const bool read_only_;  // also where another store of this process opened the environment for writing
  RowCounts counts_;
};

base::Result<std::vector<ports::ClusterSummary>> LmdbStore::Clusters() {
  auto transaction = BeginRead();
  if (!transaction) return Unexpected(transaction.error());
  std::vector<ports::ClusterSummary> result;
  CheckClusters(*transaction);
  {
    Cursor cursor = transaction->Open(Table::kClusters);
    for (bool more = cursor.First(); more; more = cursor.Next()) {
      if (cursor.key().find('\0') != std::string_view::npos) continue;  // a text
      model::ClusterRecord cluster;
      if (!DecodeCluster(cursor.value(), &cluster)) return Unexpected(DamagedRow("cluster", cursor.key(), ""));
      result.push_back(
          {std::string(cursor.key()), cluster.id, cluster.name, cluster.serial, std::move(cluster.plugins)});
    }
  }
  if (auto status = transaction->status(); !status) return Unexpected(status.error());
  std::sort(result.begin(), result.end(),
            [](const auto& a, const auto& b) { return std::tie(a.name, a.lineage) < std::tie(b.name, b.lineage); });
  return result;
}

base::Result<model::ClusterState> LmdbStore::Load(std::string_view lineage) {
  if (auto status = CheckKeys(lineage, ""); !status) return NoCluster(lineage);
  auto transaction = BeginRead();
  if (!transaction) return Unexpected(transaction.error());
  auto state = ReadCluster(*transaction, lineage, counts_);
  if (auto status = transaction->status(); !status) return Unexpected(status.error());
  if (!state) return NoCluster(lineage);
  return std::move(*state);
}

base::Result<Transaction> LmdbStore::BeginRead() {
  auto transaction = environment_->BeginRead();
  if (!transaction) return transaction;
  if (auto status = MindFormat(*environment_, *transaction); !status) return Unexpected(status.error());
  return transaction;
}

base::Result<Transaction> LmdbStore::BeginWrite() {
  if (read_only_) {
    return Fail(ErrorCode::kDenied,
                "the working store in `" + environment_->directory() + "` is open for reading only");
  }
  return environment_->BeginWrite();
}

void LmdbStore::CheckBatch(Transaction& transaction, std::string_view lineage, const model::StateChanges& changes) {
  if (auto status = CheckKeys(lineage, ""); !status) return transaction.Fail(status.error());
  bool exists = transaction.Get(Table::kClusters, lineage).has_value();
  for (const auto& change : changes) {
    const auto* header = std::get_if<model::ClusterRecorded>(&change);
    if (header == nullptr) continue;
    exists = true;
    if (header->record.lineage == lineage) continue;
    transaction.Fail({ErrorCode::kInvalid,
                      "the cluster's record names lineage `" + header->record.lineage + "`, the commit is for `" +
                          std::string(lineage) + "`",
                      base::Effect::kNone, std::nullopt});
  }
  if (!exists) transaction.Fail(NoCluster(lineage).value());
}

base::Status LmdbStore::Commit(std::string_view lineage, const model::StateChanges& changes) {
  if (changes.empty()) return {};
  auto transaction = BeginWrite();
  if (!transaction) return Unexpected(transaction.error());
  if (!OnlyEvents(changes)) {
    counts_.Forget();
    CheckBatch(*transaction, lineage, changes);
    if (transaction->status()) ApplyChanges(*transaction, lineage, changes);
  }
  AppendEvents(*transaction, lineage, changes, limits_);
  if (auto status = transaction->status(); !status) return status;
  base::FaultPoint("state.lmdb.commit.before");
  auto status = transaction->Commit();
  if (status) base::FaultPoint("state.lmdb.commit.after");
  return status;
}

base::Result<std::vector<model::Event>> LmdbStore::Events(const ports::EventQuery& query) {
  auto transaction = BeginRead();
  if (!transaction) return Unexpected(transaction.error());
  auto events = FindEvents(*transaction, query);
  if (auto status = transaction->status(); !status) return Unexpected(status.error());
  return events;
}

base::Status LmdbStore::Remove(std::string_view lineage) {
  if (auto status = CheckKeys(lineage, ""); !status) return NoCluster(lineage);
  auto transaction = BeginWrite();
  if (!transaction) return Unexpected(transaction.error());
  const auto state = ReadCluster(*transaction, lineage, counts_);
  if (auto status = transaction->status(); !status) return status;
  if (!state) return NoCluster(lineage);
  if (HasNodesOrIntents(*state)) {
    return Fail(ErrorCode::kConflict, "cluster `" + state->cluster.name + "` still has nodes or open intents");
  }
  counts_.Forget();
  const std::string prefix = ClusterPrefix(lineage);
  transaction->Delete(Table::kClusters, lineage);
  for (const Table table : {Table::kClusters, Table::kGroups, Table::kNodes, Table::kIntents, Table::kDirty,
                            Table::kHealth, Table::kReports}) {
    transaction->DeletePrefix(table, prefix);
  }
  base::FaultPoint("state.lmdb.remove.before");
  auto status = transaction->Commit();
  if (status) base::FaultPoint("state.lmdb.remove.after");
  return status;
}

base::Result<ports::HealthByGroup> LmdbStore::LoadHealth(std::string_view lineage) {
  if (!CheckKeys(lineage, "")) return ports::HealthByGroup{};
  auto transaction = BeginRead();
  if (!transaction) return Unexpected(transaction.error());
  auto health = ReadHealth(*transaction, lineage);
  if (auto status = transaction->status(); !status) return Unexpected(status.error());
  return health;
}

base::Status LmdbStore::SaveHealth(std::string_view lineage, const ports::HealthByGroup& groups) {
  if (groups.empty()) return {};
  auto transaction = BeginWrite();
  if (!transaction) return Unexpected(transaction.error());
  WriteHealth(*transaction, lineage, groups);
  return transaction->Commit();
}

base::Status LmdbStore::SaveHealthOf(const std::map<std::string, ports::HealthByGroup>& clusters) {
  if (clusters.empty()) return {};
  {
    auto transaction = BeginWrite();
    if (!transaction) return Unexpected(transaction.error());
    for (const auto& [lineage, groups] : clusters) WriteHealth(*transaction, lineage, groups);
    if (transaction->Commit()) return {};
  }
  return Store::SaveHealthOf(clusters);  // one that cannot be stored does not keep the others from it
}

base::Status LmdbStore::PutReport(std::string_view lineage, const model::HealthReport& report) {
  if (auto status = CheckKeys(lineage, report.group); !status) return status;
  auto transaction = BeginWrite();
  if (!transaction) return Unexpected(transaction.error());
  WriteReport(*transaction, lineage, report);
  return transaction->Commit();
}

base::Result<std::vector<model::HealthReport>> LmdbStore::Reports(std::string_view lineage) {
  if (!CheckKeys(lineage, "")) return std::vector<model::HealthReport>{};
  auto transaction = BeginRead();
  if (!transaction) return Unexpected(transaction.error());
  auto reports = ReadReports(*transaction, lineage);
  if (auto status = transaction->status(); !status) return Unexpected(status.error());
  return reports;
}

}  // namespace

base::Result<std::unique_ptr<Store>> OpenLmdbStore(const std::string& directory, const LmdbOptions& options) {
  EnvironmentOptions wanted;
  wanted.map_bytes = options.map_bytes;
  wanted.read_only = options.read_only;
  auto environment = Environment::Open(directory, wanted);
  if (!environment) return Unexpected(environment.error());
  if (auto status = BringUpToDate(**environment); !status) return Unexpected(status.error());
  return std::make_unique<LmdbStore>(std::move(*environment), options);
}

}  // namespace kadende::state
