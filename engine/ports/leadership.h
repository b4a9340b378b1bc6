// Who may act on which groups. On one machine: locks that die with their holder (state/run_lock); later, run refs of a
// remote and leases of a shared store. Contract suite: tests/contract/leadership_contract.h.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace kadende::ports {

struct Holder {
  std::string actor;
  std::string reason;  // "apply", "watch"
  std::int64_t pid = 0;
  base::TimePoint since{};
};

// Held until destroyed. MayStart is asked before every side effect: false when the lease can no longer be trusted.
class Lease {
 public:
  virtual ~Lease() = default;
  [[nodiscard]] virtual bool MayStart() = 0;
};

class Leadership {
 public:
  virtual ~Leadership() = default;
  // All of `groups` or none; waits up to `wait`. An empty list means the whole cluster, and excludes every group lock.
  // kConflict: the message names group, holder, reason and since when.
  [[nodiscard]] virtual base::Result<std::unique_ptr<Lease>> Acquire(std::string_view lineage,
                                                                     std::span<const std::string> groups,
                                                                     const Holder& self, base::Millis wait) = 0;
};

}  // namespace kadende::ports
