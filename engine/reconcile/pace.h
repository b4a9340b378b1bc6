// How fast live nodes may be given up for their health: remediation.rate, blastCap and minCapacity. Pure.
//
//   rate         A token bucket: `count` at once, then one each per / count. Kept as the moment at which the bucket is
//                full again, so that it needs no clock of its own and no list.
//   blastCap     Within any hour at most so many. Kept by the minute.
//   minCapacity  While fewer nodes than this are healthy and replacements are under way, these are waited for.
//
// A replacement counts when it is decided, for a pass may be killed before it says what came of it. The next pass takes
// back what came to nothing: the node still lives, and no call for its slot is open. Not counted are nodes that are
// gone (nothing is destroyed for that) and nodes that never were healthy: nobody loses them, and CreateBackoff holds
// them.
//
// Moments further ahead than they can be were set by a clock that has been put back since; they are cut.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "engine/model/health_check.h"
#include "engine/reconcile/hindrance.h"

namespace kadende::reconcile {

class Pace {
 public:
  // `policy` must outlive this.
  Pace(model::GroupHealing healing, const model::RemediationPolicy& policy, std::uint32_t size, base::TimePoint now);

  // Promises of which nothing came are taken back.
  void Settle(const std::function<bool(const model::NodeRowKey&)>& came_to_nothing);
  // What keeps one more live node from being given up now.
  [[nodiscard]] std::optional<Hindrance> Check() const;
  void Promise(const model::NodeRowKey& node);

  // Where it differs from what was given and has to be kept. Old promises that stand need not be written again.
  [[nodiscard]] bool changed() const { return changed_; }
  [[nodiscard]] const model::GroupHealing& healing() const { return healing_; }

 private:
  [[nodiscard]] std::optional<Hindrance> CheckRate() const;
  [[nodiscard]] std::optional<Hindrance> CheckCap() const;
  [[nodiscard]] base::Millis Token() const;  // the time that one replacement takes from the bucket

  model::GroupHealing healing_;
  const model::RemediationPolicy& policy_;
  const std::uint32_t burst_;  // tokens in a full bucket
  const std::uint32_t cap_;
  const base::TimePoint now_;
  bool promised_ = false;  // by this pass
  bool changed_ = false;
};

// `work`: slots whose replacement is under way.
[[nodiscard]] std::optional<Hindrance> CheckCapacity(const model::RemediationPolicy& policy, std::uint32_t size,
                                                     std::uint32_t healthy, std::uint32_t work);

}  // namespace kadende::reconcile
