// Who is there in a group, counted once before anything is decided. Part of remediation. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/reconcile/remediation.h"
#include "engine/reconcile/verdict.h"

namespace kadende::reconcile {

// A slot's live row that is not gone.
struct Patient {
  const model::NodeRecord* row = nullptr;
  Verdict verdict;
  bool known = false;  // it was judged before, so that `joined_at` is not merely this moment
};

// Borrows from the input, which must outlive it.
struct Census {
  std::vector<Patient> patients;                  // by slot
  std::vector<const model::NodeRecord*> leaving;  // given up and not gone; by slot
  std::set<std::uint32_t> gone;                   // slots of live rows that are gone
  // Of them: replacements that ended before they were healthy, or soon after.
  struct ShortLived {
    const model::NodeRecord* row = nullptr;
    std::optional<base::Millis> healthy_for;  // nothing: never was
  };
  std::vector<ShortLived> short_lived;
  std::set<std::uint32_t> creating;                     // slots with open creates
  std::map<model::NodeRowKey, std::string> destroying;  // open destroys: instance ids
  std::uint32_t members = 0;                            // live rows, gone or not
  std::uint32_t healthy = 0;
  std::uint32_t failing = 0;
  std::uint32_t unknown = 0;

  [[nodiscard]] bool HasFormer(std::uint32_t ordinal) const;  // a leaving row in this slot
};

[[nodiscard]] Census TakeCensus(const RemediationInput& input, const model::GroupPolicy& policy);

}  // namespace kadende::reconcile
