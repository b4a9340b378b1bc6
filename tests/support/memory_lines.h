// Lines in memory, over a clone's MemoryRepository; for tests of other rooms. Passes the contract suite of lines.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ports/lines.h"
#include "tests/support/memory_repository.h"

namespace kadende::test {

class MemoryLines : public ports::Lines {
 public:
  // `repository` must outlive this.
  explicit MemoryLines(MemoryRepository& repository) : repository_(repository) {}

  base::Result<std::vector<ports::CommitSummary>> Line(std::string_view commit, std::uint64_t down_to) override;
  base::Result<std::string> MoveTo(std::string_view cluster, std::string_view commit) override;
  base::Status Mark(std::string_view cluster, std::string_view commit) override;
  base::Result<std::optional<ports::CommitSummary>> Marked(std::string_view cluster) override;
  base::Result<std::vector<ports::CommitSummary>> Stranded(std::string_view lineage) override;

  // Asked before anything is changed; an error is the result. May be empty.
  std::function<base::Status()> before_change;

 private:
  [[nodiscard]] std::string Strand(std::string_view cluster, const MemoryCommit& tip, std::string_view commit);

  MemoryRepository& repository_;
};

}  // namespace kadende::test
