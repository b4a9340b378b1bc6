#include "providers/sim/sim_dictionary.h"

#include <mutex>

#include "providers/sim/sim_codec.h"

namespace kadende::providers {

void SimDictionary::Remember(std::string_view text) {
  const auto id = static_cast<std::uint32_t>(texts_.size());
  ids_.emplace(texts_.emplace_back(text), id);
}

void SimDictionary::CatchUp(SimTxn& txn, std::uint64_t count) {
  {
    const std::shared_lock lock(mutex_);
    if (texts_.size() >= count) return;
  }
  const std::unique_lock lock(mutex_);
  while (texts_.size() < count) {
    const auto text = txn.Get(table_, Key32(static_cast<std::uint32_t>(texts_.size())));
    if (!text) return;
    Remember(*text);
  }
}

std::optional<std::uint32_t> SimDictionary::Find(std::string_view text) const {
  const std::shared_lock lock(mutex_);
  const auto found = ids_.find(text);
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

std::uint32_t SimDictionary::Add(SimTxn& txn, std::string_view text) {
  const std::unique_lock lock(mutex_);
  const auto id = static_cast<std::uint32_t>(texts_.size());
  txn.Put(table_, Key32(id), text);
  Remember(text);
  return id;
}

void SimDictionary::Truncate(std::uint64_t count) {
  const std::unique_lock lock(mutex_);
  while (texts_.size() > count) {
    ids_.erase(texts_.back());
    texts_.pop_back();
  }
}

std::vector<std::string_view> SimDictionary::Snapshot() const {
  const std::shared_lock lock(mutex_);
  return {texts_.begin(), texts_.end()};
}

}  // namespace kadende::providers
