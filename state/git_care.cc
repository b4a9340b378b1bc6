#include "state/git_care.h"

#include <mutex>
#include <utility>

#include "engine/base/text.h"
#include "state/git_around.h"
#include "state/git_compact.h"
#include "state/git_enclosing.h"
#include "state/git_layout.h"
#include "state/git_line.h"
#include "state/git_maintenance.h"
#include "state/git_own.h"
#include "state/git_verify.h"

namespace kadende::state {
namespace {

class GitCare : public ports::HistoryCare {
 public:
  explicit GitCare(const GitOptions& options)
      : options_(options), path_(OwnPath(options)), around_(options.enclosing_from) {}

  base::Result<ports::HistoryCheck> Verify(std::string_view name) override {
    const std::lock_guard lock(mutex_);
    const auto line = LocateLine(options_, around_, name);
    if (!line) return tl::unexpected(line.error());
    if (!*line) return base::Fail(base::ErrorCode::kNotFound, base::EscapeTerminal(name) + " was never published");
    return VerifyLine(**line, name);
  }

  base::Result<ports::CompactResult> Compact(const ports::CompactRequest& request) override {
    const std::lock_guard lock(mutex_);
    auto own = OpenOwn(options_);
    if (!own) return tl::unexpected(own.error());
    const auto held = LockOwn(path_);
    if (!held) return tl::unexpected(held.error());
    auto compacted = CompactLine(*own, around_, request);
    if (!compacted) return ExplainLine(compacted.error(), request.name);
    if (!compacted->wrote) return std::move(compacted->result);
    if (options_.write_enclosing) {
      const EnclosingUpdate update{BranchOf(request.name), compacted->tip, nullptr, std::nullopt};
      if (auto warning = UpdateEnclosing(*own, around_, update)) {
        compacted->result.published.warnings.push_back(std::move(*warning));
      }
    }
    Discard(path_);
    return std::move(compacted->result);
  }

 private:
  const GitOptions options_;
  const std::string path_;
  std::mutex mutex_;
  RepositoryAround around_;  // guarded by mutex_
};

}  // namespace

std::unique_ptr<ports::HistoryCare> OpenGitCare(const GitOptions& options) {
  return std::make_unique<GitCare>(options);
}

}  // namespace kadende::state
