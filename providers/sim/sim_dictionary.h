// Strings that many records of a cloud share, numbered from 0 in the order in which they came, never removed. Kept in a
// table of the cloud and, as far as they were seen, in memory. Thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "providers/sim/sim_file.h"

namespace kadende::providers {

class SimDictionary {
 public:
  explicit SimDictionary(SimTable table) : table_(table) {}

  // Reads what the first `count` entries lack in memory (other processes add, too).
  void CatchUp(SimTxn& txn, std::uint64_t count);
  [[nodiscard]] std::optional<std::uint32_t> Find(std::string_view text) const;
  // In the writer's transaction, after CatchUp, for a text that Find does not know.
  std::uint32_t Add(SimTxn& txn, std::string_view text);
  // Forgets what a failed transaction added.
  void Truncate(std::uint64_t count);
  // By id. The views live as long as the dictionary.
  [[nodiscard]] std::vector<std::string_view> Snapshot() const;

 private:
  void Remember(std::string_view text);

  const SimTable table_;
  mutable std::shared_mutex mutex_;
  std::deque<std::string> texts_;                            // guarded by mutex_; elements never move
  std::unordered_map<std::string_view, std::uint32_t> ids_;  // guarded by mutex_; keys point into texts_
};

}  // namespace kadende::providers
