// A History in memory, for tests of other rooms: keeps every published state, behaves as state/git_history does towards
// tips that moved and runs that were killed, and fails on demand. Passes the contract suite of histories. Thread-safe.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ports/history.h"
#include "tests/support/memory_repository.h"

namespace kadende::test {

class MemoryHistory : public ports::History {
 public:
  using Commit = MemoryCommit;

  MemoryHistory() : repository_(own_) {}
  // Over a clone's repository, which must outlive this.
  explicit MemoryHistory(MemoryRepository& repository) : repository_(repository) {}

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
  struct Base {
    std::optional<MemoryCommit> commit;
    bool conflict = false;
  };
  [[nodiscard]] Base ChooseBase(const ports::PublishRequest& request) const;
  [[nodiscard]] bool StandsOn(MemoryCommit commit, const model::ClusterRecord& cluster) const;
  [[nodiscard]] bool IsAlready(const MemoryCommit& tip, const ports::PublishRequest& request) const;

  MemoryRepository own_;  // where no other was given
  MemoryRepository& repository_;
  std::mutex publishing_;
};

}  // namespace kadende::test
