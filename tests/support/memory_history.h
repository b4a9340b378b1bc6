// A History in memory, for tests of other rooms: keeps every published state, behaves as state/git_history does towards
// tips that moved and runs that were killed, and fails on demand. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ports/history.h"

namespace kadende::test {

class MemoryHistory : public ports::History {
 public:
  struct Commit {
    ports::CommitSummary summary;
    std::string parent;
    std::string run_id;
    std::string plan;
    model::ClusterState state;
  };

  base::Result<ports::PublishResult> Publish(const ports::PublishRequest& request) override;
  base::Result<std::vector<ports::CommitSummary>> Log(std::string_view name, std::uint32_t limit) override;
  base::Result<ports::HistoricState> Read(std::string_view name, std::string_view revision) override;
  base::Result<std::optional<ports::CommitSummary>> Tip(std::string_view name) override;
  base::Result<std::vector<std::string>> Names() override;
  base::Status Rename(std::string_view from, std::string_view to) override;

  // Asked before and after each commit is made; an error is Publish's result.
  std::function<base::Status()> before_commit;
  std::function<base::Status()> after_commit;
  std::vector<std::string> warnings;  // of each publication

  [[nodiscard]] std::vector<std::string> Subjects(std::string_view name) const;  // oldest first
  [[nodiscard]] std::vector<Commit> Commits(std::string_view name) const;        // oldest first

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<Commit>, std::less<>> branches_;  // guarded by mutex_; oldest first
  std::uint64_t made_ = 0;                                            // guarded by mutex_
};

}  // namespace kadende::test
