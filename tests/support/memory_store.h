// A StateStore and HealthStore in memory, for tests of other rooms: ClusterState::Apply and little else. It passes the
// same contract suites as the LMDB store. It counts commits and fails on demand. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "engine/ports/health_store.h"
#include "engine/ports/state_store.h"

namespace kadende::tests {

class MemoryStore : public ports::StateStore, public ports::HealthStore {
 public:
  base::Result<std::vector<ports::ClusterSummary>> Clusters() override;
  base::Result<model::ClusterState> Load(std::string_view lineage) override;
  base::Status Commit(std::string_view lineage, const model::StateChanges& changes) override;
  base::Result<std::vector<model::Event>> Events(const ports::EventQuery& query) override;
  base::Status Remove(std::string_view lineage) override;

  base::Result<ports::HealthByGroup> LoadHealth(std::string_view lineage) override;
  base::Status SaveHealth(std::string_view lineage, const ports::HealthByGroup& groups) override;
  base::Status PutReport(std::string_view lineage, const model::HealthReport& report) override;
  base::Result<std::vector<model::HealthReport>> Reports(std::string_view lineage) override;

  // Called with each batch before it is applied; an error that it returns is Commit's result and nothing changes.
  // nullptr: none.
  using Hook = std::function<base::Status(const model::StateChanges&)>;
  void OnCommit(Hook hook);
  [[nodiscard]] std::vector<model::StateChanges> commits() const;  // every batch that was applied, in order

 private:
  struct StoredEvent {
    std::string lineage;
    model::Event event;
  };

  using ReportKey = std::tuple<std::string, std::string, std::uint32_t>;  // group, slot key, incarnation
  struct Health {
    ports::HealthByGroup groups;
    std::map<ReportKey, model::HealthReport> reports;

    void Follow(const model::StateChange& change);
  };

  mutable std::mutex mutex_;
  std::map<std::string, model::ClusterState, std::less<>> clusters_;  // guarded by mutex_
  std::map<std::string, Health, std::less<>> health_;                 // guarded by mutex_; of clusters_
  std::vector<StoredEvent> events_;                                   // guarded by mutex_; rising id
  std::vector<model::StateChanges> commits_;                          // guarded by mutex_
  Hook hook_;                                                         // guarded by mutex_
};

}  // namespace kadende::tests
