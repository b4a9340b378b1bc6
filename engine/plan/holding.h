// What healing leaves for later, and what it says of that: creates and destroys in backoff, creates that may still
// land. Part of diff. Pure. Where it is not healing that plans, nothing is held back.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/plan/diff.h"

namespace kadende::plan {

class Holding {
 public:
  // `input` must outlive this.
  explicit Holding(const GroupInput& input) : in_(input) {}

  // False: the change is counted as held back.
  [[nodiscard]] bool MayCreateNow(const model::RevisionRecord& revision);
  [[nodiscard]] bool MayDestroyNow();
  // Whether a slot with these open creates must be left alone.
  [[nodiscard]] bool MayStillLand(const std::vector<const model::Intent*>& creates, const model::GroupPolicy& policy);

  // One sentence for each kind of thing that was held back.
  void Note(std::vector<std::string>& notes) const;

 private:
  [[nodiscard]] bool Heals() const { return in_.heal_only && in_.prior != nullptr; }

  const GroupInput& in_;
  std::uint32_t creates_ = 0;
  std::uint32_t destroys_ = 0;
  std::uint32_t landing_ = 0;  // slots that wait for an undecided create
  base::TimePoint landing_until_{};
};

}  // namespace kadende::plan
