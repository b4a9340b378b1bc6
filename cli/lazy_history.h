// A History that is opened at its first use: commands that end without one (a plan, an apply without changes) do not
// pay for git.
#pragma once

#include <memory>
#include <string>

#include "engine/ports/history.h"
#include "state/git_history.h"

namespace kadende::cli {

// As thread-safe as what it opens: use one per thread.
class LazyHistory : public ports::History {
 public:
  explicit LazyHistory(state::GitOptions options) : options_(std::move(options)) {}

  [[nodiscard]] base::Result<ports::PublishResult> Publish(const ports::PublishRequest& request) override;
  [[nodiscard]] base::Result<std::vector<ports::CommitSummary>> Log(std::string_view name,
                                                                    std::uint32_t limit) override;
  [[nodiscard]] base::Result<ports::HistoricState> Read(std::string_view name, std::string_view revision) override;
  [[nodiscard]] base::Result<std::optional<ports::CommitSummary>> Tip(std::string_view name) override;
  [[nodiscard]] base::Result<std::vector<std::string>> Names() override;
  [[nodiscard]] base::Status Rename(std::string_view from, std::string_view to) override;

 private:
  [[nodiscard]] base::Result<ports::History*> Open();

  const state::GitOptions options_;
  std::unique_ptr<ports::History> opened_;
};

}  // namespace kadende::cli
