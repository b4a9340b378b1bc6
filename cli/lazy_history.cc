#include "cli/lazy_history.h"

namespace kadende::cli {

base::Result<ports::History*> LazyHistory::Open() {
  if (!opened_) {
    auto history = state::OpenGitHistory(options_);
    if (!history) return tl::unexpected(std::move(history.error()));
    opened_ = std::move(*history);
  }
  return opened_.get();
}

base::Result<ports::PublishResult> LazyHistory::Publish(const ports::PublishRequest& request) {
  auto history = Open();
  if (!history) return tl::unexpected(std::move(history.error()));
  return (*history)->Publish(request);
}

base::Result<std::vector<ports::CommitSummary>> LazyHistory::Log(std::string_view name, std::uint32_t limit) {
  auto history = Open();
  if (!history) return tl::unexpected(std::move(history.error()));
  return (*history)->Log(name, limit);
}

base::Result<ports::HistoricState> LazyHistory::Read(std::string_view name, std::string_view revision) {
  auto history = Open();
  if (!history) return tl::unexpected(std::move(history.error()));
  return (*history)->Read(name, revision);
}

base::Result<std::optional<ports::CommitSummary>> LazyHistory::Tip(std::string_view name) {
  auto history = Open();
  if (!history) return tl::unexpected(std::move(history.error()));
  return (*history)->Tip(name);
}

base::Result<std::vector<std::string>> LazyHistory::Names() {
  auto history = Open();
  if (!history) return tl::unexpected(std::move(history.error()));
  return (*history)->Names();
}

base::Status LazyHistory::Rename(std::string_view from, std::string_view to) {
  auto history = Open();
  if (!history) return tl::unexpected(std::move(history.error()));
  return (*history)->Rename(from, to);
}

}  // namespace kadende::cli
