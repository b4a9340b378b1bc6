// What automation did to a group lately, as far as its brakes count over time (engine/reconcile). Kept with the group,
// so that neither a restart nor another machine forgets it. A stored format (healing_json.h); values only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/digest.h"
#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/model/identity.h"

namespace kadende::model {

// Live nodes that were given up for their health within one minute.
struct GivenUp {
  base::TimePoint at{};  // the first of them
  std::uint32_t nodes = 0;

  bool operator==(const GivenUp&) const = default;
};

// A slot whose nodes are replaced again and again, or that is left to a person (reconcile/quarantine.h).
struct SlotTrouble {
  std::uint32_t ordinal = 0;
  base::Digest revision;             // of its nodes; another one begins anew
  std::uint32_t incarnation = 0;     // of the last one that was given up; it counts once
  std::uint32_t tries = 0;           // replacements in a row, none of which lasted
  base::TimePoint last_at{};         // of the last of them
  base::TimePoint quarantined_at{};  // never: it is not
  std::string why;                   // of the quarantine, for a person

  bool operator==(const SlotTrouble&) const = default;
};

struct GroupHealing {
  // remediation.rate: the bucket is full again at this moment (reconcile/pace.h).
  base::TimePoint rate_full_at{};
  std::vector<GivenUp> given_up;  // within the last hour, by time
  // Replacements that the last pass decided: counted above, and taken back where nothing came of them.
  std::vector<NodeRowKey> promised;
  std::vector<SlotTrouble> troubles;  // by ordinal
  // Since when replacements and creates have failed without one success; never: they do not.
  base::TimePoint failing_since{};

  bool operator==(const GroupHealing&) const = default;
};

// Canonical JSON in which what is as in a new group is absent; "{}": nothing happened lately.
[[nodiscard]] std::string HealingToJson(const GroupHealing& healing);
// kCorrupt for what cannot be read; unknown keys are skipped.
[[nodiscard]] base::Result<GroupHealing> HealingFromJson(std::string_view text);

}  // namespace kadende::model
