#include "cli/watch_queue.h"

#include <algorithm>
#include <utility>

namespace kadende::cli {

// What a place has to give first, if it has room.
void WatchQueue::Offer(Place& place) {
  std::optional<Due> first;
  if (place.busy < per_place_ && !place.idle.empty()) first = *place.idle.begin();
  if (first == place.offered) return;
  if (place.offered) offers_.erase(*place.offered);
  if (first) offers_.insert(*first);
  place.offered = std::move(first);
}

void WatchQueue::Enter(const std::string& lineage, const Cluster& cluster) {
  Place& place = places_[cluster.place];
  if (cluster.busy) {
    ++place.busy;
  } else {
    place.idle.emplace(cluster.due, lineage);
  }
  Offer(place);
}

void WatchQueue::Leave(const std::string& lineage, const Cluster& cluster) {
  const auto place = places_.find(cluster.place);
  if (cluster.busy) {
    --place->second.busy;
  } else {
    place->second.idle.erase({cluster.due, lineage});
  }
  Offer(place->second);
  if (place->second.busy == 0 && place->second.idle.empty()) places_.erase(place);
}

void WatchQueue::Add(const std::string& lineage, std::string place) {
  const auto [cluster, added] = clusters_.try_emplace(lineage);
  if (!added) return;
  cluster->second.place = std::move(place);
  Enter(lineage, cluster->second);
}

void WatchQueue::SetPlace(const std::string& lineage, std::string place) {
  const auto cluster = clusters_.find(lineage);
  if (cluster == clusters_.end() || cluster->second.place == place) return;
  Leave(lineage, cluster->second);
  cluster->second.place = std::move(place);
  Enter(lineage, cluster->second);
}

bool WatchQueue::Remove(const std::string& lineage) {
  const auto cluster = clusters_.find(lineage);
  if (cluster == clusters_.end()) return true;
  if (cluster->second.busy) return false;
  Leave(lineage, cluster->second);
  clusters_.erase(cluster);
  return true;
}

std::vector<std::string> WatchQueue::Lineages() const {
  std::vector<std::string> lineages;
  for (const auto& [lineage, cluster] : clusters_) lineages.push_back(lineage);
  return lineages;
}

std::optional<std::string> WatchQueue::Take(base::Millis now) {
  if (NextDue() > now) return std::nullopt;
  std::string lineage = offers_.begin()->second;
  Cluster& cluster = clusters_.find(lineage)->second;
  Leave(lineage, cluster);
  cluster.busy = true;
  Enter(lineage, cluster);
  return lineage;
}

void WatchQueue::Done(const std::string& lineage, base::Millis due) {
  const auto found = clusters_.find(lineage);
  if (found == clusters_.end() || !found->second.busy) return;
  Cluster& cluster = found->second;
  Leave(lineage, cluster);
  cluster.busy = false;
  cluster.due = due;
  if (const auto woken = std::exchange(cluster.woken, std::nullopt)) cluster.due = std::min(cluster.due, *woken);
  Enter(lineage, cluster);
}

void WatchQueue::Wake(std::string_view lineage, base::Millis earliest) {
  const auto found = clusters_.find(lineage);
  if (found == clusters_.end()) return;
  Cluster& cluster = found->second;
  if (cluster.busy) {
    cluster.woken = std::min(cluster.woken.value_or(earliest), earliest);
  } else if (earliest < cluster.due) {
    Leave(found->first, cluster);
    cluster.due = earliest;
    Enter(found->first, cluster);
  }
}

void WatchQueue::WakeAll(base::Millis now) {
  for (const auto& [lineage, cluster] : clusters_) Wake(lineage, now);
}

base::Millis WatchQueue::NextDue() const {
  return offers_.empty() ? base::Millis::max() : offers_.begin()->first;
}

std::size_t WatchQueue::Waiting(base::Millis now) const {
  std::size_t waiting = 0;
  for (const auto& [name, place] : places_) {
    for (const auto& [due, lineage] : place.idle) {
      if (due > now) break;
      ++waiting;
    }
  }
  return waiting;
}

}  // namespace kadende::cli
