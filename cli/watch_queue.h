// Which cluster of a watch is looked at next. Each has a turn of its own; those that wait for the same providers share
// a limit, so that a provider that does not answer holds up its own clusters and no others. Pure: time comes in.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/time.h"

namespace kadende::cli {

// Not thread-safe. Times are CLOCK_BOOTTIME.
class WatchQueue {
 public:
  // `per_place`: clusters of the same place that are looked at at once.
  explicit WatchQueue(std::uint32_t per_place) : per_place_(per_place) {}

  // Due at once; a cluster that is there already stays as it is. `place` names the providers that it waits for.
  void Add(const std::string& lineage, std::string place);
  void SetPlace(const std::string& lineage, std::string place);
  // Lets go of a cluster. False: it is busy, and stays.
  bool Remove(const std::string& lineage);

  // The cluster that has been due for longest among those whose place has room: it is busy until Done.
  [[nodiscard]] std::optional<std::string> Take(base::Millis now);
  void Done(const std::string& lineage, base::Millis due);

  // Something happened: due now, or as soon as the pass that runs is over; not before `earliest`.
  void Wake(std::string_view lineage, base::Millis earliest);
  void WakeAll(base::Millis now);

  // When Take could give something, as far as time decides.
  [[nodiscard]] base::Millis NextDue() const;
  // How many are due and not taken; linear in them and in the places.
  [[nodiscard]] std::size_t Waiting(base::Millis now) const;
  [[nodiscard]] std::size_t size() const { return clusters_.size(); }
  [[nodiscard]] std::vector<std::string> Lineages() const;
  [[nodiscard]] bool Has(const std::string& lineage) const { return clusters_.contains(lineage); }

 private:
  using Due = std::pair<base::Millis, std::string>;  // when, and which cluster

  struct Cluster {
    std::string place;
    base::Millis due{0};
    bool busy = false;
    std::optional<base::Millis> woken;  // while it was busy
  };
  struct Place {
    std::uint32_t busy = 0;
    std::set<Due> idle;
    std::optional<Due> offered;  // what stands for it in offers_
  };

  void Leave(const std::string& lineage, const Cluster& cluster);
  void Enter(const std::string& lineage, const Cluster& cluster);
  void Offer(Place& place);

  const std::uint32_t per_place_;
  std::map<std::string, Cluster, std::less<>> clusters_;  // by lineage
  std::map<std::string, Place> places_;                   // those that a cluster waits for
  std::set<Due> offers_;                                  // the first of each place that has room
};

}  // namespace kadende::cli
