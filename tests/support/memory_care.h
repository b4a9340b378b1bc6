// A HistoryCare in memory, over a clone's MemoryRepository; for tests of other rooms. Passes the contract suite.
#pragma once

#include <string_view>

#include "engine/ports/history_care.h"
#include "tests/support/memory_repository.h"

namespace kadende::test {

class MemoryCare : public ports::HistoryCare {
 public:
  // `repository` must outlive this.
  explicit MemoryCare(MemoryRepository& repository) : repository_(repository) {}

  base::Result<ports::HistoryCheck> Verify(std::string_view name) override;
  base::Result<ports::CompactResult> Compact(const ports::CompactRequest& request) override;

 private:
  MemoryRepository& repository_;
};

}  // namespace kadende::test
