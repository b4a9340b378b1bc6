// The rules between groups: node names, dependencies, renames.
#pragma once

#include <string>
#include <vector>

#include "engine/model/spec.h"
#include "lang/group_rules.h"
#include "lang/report.h"

namespace kadende::lang {

// `groups` is sorted by path. Resolves each policy.depends_on: folders become the groups in them, sorted, unique.
void ValidateGroups(std::vector<model::GroupSpec>* groups, const Positions& positions, Report* report);

}  // namespace kadende::lang
