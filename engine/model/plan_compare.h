// When two plans are the same to a reviewer, and the name of what a plan does. Pure.
//
// The same is: kind, node, reason, from and to revision of each action, and what the plan says besides (the file, what
// was asked for, renames, policies). Not time, serial, order or instances: a node that a watch healed since the review
// is bound to its new instance. Of strays the instance counts, because a slot may have several.
#pragma once

#include <string>
#include <vector>

#include "engine/model/plan.h"

namespace kadende::model {

// SHA-256 over all that: what a person approves (`--approve`). Plans of the same hash do the same; a plan that was read
// from JSON has the hash of the one that was written. 100,000 actions take some 10 ms.
[[nodiscard]] base::Digest PlanHash(const Plan& plan);

struct PlanComparison {
  static constexpr std::size_t kNamed = 20;
  // A sentence each, at most kNamed and one that counts the rest.
  std::vector<std::string> differences;  // empty: `now` does what `reviewed` showed
  std::vector<std::string> rebound;      // nodes that the same actions now act on under another instance
};
[[nodiscard]] PlanComparison ComparePlans(const Plan& reviewed, const Plan& now);

}  // namespace kadende::model
