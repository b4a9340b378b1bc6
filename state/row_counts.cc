#include "state/row_counts.h"

#include <utility>

namespace kadende::state {

std::optional<std::uint64_t> RowCounts::OfOthers(Table table, std::string_view lineage) const {
  const std::lock_guard lock(mutex_);
  const std::optional<Known>& known = known_[static_cast<std::size_t>(table)];
  if (!known) return std::nullopt;
  const auto own = known->counts.find(lineage);
  return known->all - (own == known->counts.end() ? 0 : own->second);
}

void RowCounts::Learn(Table table, ByLineage counts) {
  Known known;
  for (const auto& [lineage, count] : counts) known.all += count;
  known.counts = std::move(counts);
  const std::lock_guard lock(mutex_);
  known_[static_cast<std::size_t>(table)] = std::move(known);
}

void RowCounts::Forget() {
  const std::lock_guard lock(mutex_);
  known_ = {};
}

}  // namespace kadende::state
