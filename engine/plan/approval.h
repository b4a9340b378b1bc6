// Which groups of a plan lose more at once than the cluster's `approval.destroyMoreThan` lets pass without a person's
// approval of exactly this plan. Pure.
//
// What counts: nodes that leave for good (the group shrinks, or is removed), and of a group in which the old instance
// goes first as many as may be away at one moment. A launch-first replacement keeps the size and does not count, nor
// does what is gone already, a stray, or what an earlier run has given up. The share is one of the nodes that the
// group has.
#pragma once

#include <vector>

#include "engine/model/plan.h"

namespace kadende::plan {

// `limits`: per group of the plan those that count, of the file as of what is in force; the strictest decides.
void MarkApprovals(const std::vector<std::vector<model::CountOrPercent>>& limits, model::Plan& plan);

}  // namespace kadende::plan
