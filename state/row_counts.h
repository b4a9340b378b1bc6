// How many rows each cluster has in a table, as last seen by this process: with them the rows of one cluster can be
// held against the number that LMDB keeps beside the table without a walk over the rows of all others.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "state/lmdb_environment.h"

namespace kadende::state {

// Thread-safe.
class RowCounts {
 public:
  using ByLineage = std::map<std::string, std::uint64_t, std::less<>>;

  // Rows of all clusters but this one; nothing where no walk was made since the last change.
  [[nodiscard]] std::optional<std::uint64_t> OfOthers(Table table, std::string_view lineage) const;
  // What a walk over the whole table found.
  void Learn(Table table, ByLineage counts);
  // Rows come and go: a number that holds only by chance must not hide damage.
  void Forget();

 private:
  struct Known {
    ByLineage counts;
    std::uint64_t all = 0;
  };
  mutable std::mutex mutex_;
  std::array<std::optional<Known>, kTables> known_;  // guarded by mutex_
};

}  // namespace kadende::state
