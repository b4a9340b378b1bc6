// What a plan refuses: an error in its diagnostics for each group in which what a person or a policy forbids would have
// to be done. Pure.
#pragma once

#include <string>
#include <vector>

#include "engine/base/diagnostics.h"
#include "engine/plan/diff.h"

namespace kadende::plan {

// preventDestroy. `nodes`: display names of those that would leave.
void RefuseProtected(const std::string& path, const std::vector<std::string>& nodes, base::Diagnostics& diagnostics);

// What a person asks for by name (`destroy`: everything), and another one ordered to be left alone: to leave it out
// silently would be neither what the one nor what the other wants.
void RefuseHeld(const GroupInput& input, const model::PlanGroup& group, bool destroy, base::Diagnostics& diagnostics);

// Strategy in-place: rather nothing than more than a person has allowed.
void RefuseReplacements(const GroupInput& input, const GroupDiff& diff, const model::PlanGroup& group,
                        base::Diagnostics& diagnostics);

// Strategy blue-green where an old and a new node cannot be there together.
void RefuseTogether(const DesiredGroup& desired, bool destroy_first, const std::string& why,
                    base::Diagnostics& diagnostics);

}  // namespace kadende::plan
