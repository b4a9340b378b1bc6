#include "cli/watch_queue.h"

#include <algorithm>
#include <utility>

namespace kadende::cli {

void WatchQueue::Add(const std::string& lineage, std::string place) {
  const auto [cluster, added] = clusters_.try_emplace(lineage);
  if (added) cluster->second.place = std::move(place);
}

void WatchQueue::SetPlace(const std::string& lineage, std::string place) {
  const auto cluster = clusters_.find(lineage);
  if (cluster == clusters_.end() || cluster->second.place == place) return;
  if (cluster->second.busy) {
    --busy_[cluster->second.place];
    ++busy_[place];
  }
  cluster->second.place = std::move(place);
}

bool WatchQueue::Remove(const std::string& lineage) {
  const auto cluster = clusters_.find(lineage);
  if (cluster == clusters_.end()) return true;
  if (cluster->second.busy) return false;
  clusters_.erase(cluster);
  return true;
}

std::vector<std::string> WatchQueue::Lineages() const {
  std::vector<std::string> lineages;
  for (const auto& [lineage, cluster] : clusters_) lineages.push_back(lineage);
  return lineages;
}

bool WatchQueue::HasRoom(const Cluster& cluster) const {
  const auto busy = busy_.find(cluster.place);
  return busy == busy_.end() || busy->second < per_place_;
}

std::optional<std::string> WatchQueue::Take(base::Millis now) {
  auto chosen = clusters_.end();
  for (auto it = clusters_.begin(); it != clusters_.end(); ++it) {
    const Cluster& cluster = it->second;
    if (cluster.busy || cluster.due > now) continue;
    if (chosen != clusters_.end() && cluster.due >= chosen->second.due) continue;
    if (HasRoom(cluster)) chosen = it;
  }
  if (chosen == clusters_.end()) return std::nullopt;
  chosen->second.busy = true;
  ++busy_[chosen->second.place];
  return chosen->first;
}

void WatchQueue::Done(const std::string& lineage, base::Millis due) {
  const auto found = clusters_.find(lineage);
  if (found == clusters_.end() || !found->second.busy) return;
  Cluster& cluster = found->second;
  cluster.busy = false;
  --busy_[cluster.place];
  cluster.due = due;
  if (const auto woken = std::exchange(cluster.woken, std::nullopt)) cluster.due = std::min(cluster.due, *woken);
}

void WatchQueue::Wake(std::string_view lineage, base::Millis earliest) {
  const auto cluster = clusters_.find(lineage);
  if (cluster == clusters_.end()) return;
  if (cluster->second.busy) {
    cluster->second.woken = std::min(cluster->second.woken.value_or(earliest), earliest);
  } else {
    cluster->second.due = std::min(cluster->second.due, earliest);
  }
}

void WatchQueue::WakeAll(base::Millis now) {
  for (const auto& [lineage, cluster] : clusters_) Wake(lineage, now);
}

base::Millis WatchQueue::NextDue() const {
  base::Millis next = base::Millis::max();
  for (const auto& [lineage, cluster] : clusters_) {
    if (!cluster.busy && cluster.due < next && HasRoom(cluster)) next = cluster.due;
  }
  return next;
}

}  // namespace kadende::cli
