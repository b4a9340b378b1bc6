// Instances that are ours and that our state has given up: what becomes of them. Part of diff. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/plan/diff.h"

namespace kadende::plan {

struct Strays {
  std::vector<NodeChange> changes;
  std::vector<model::Drift> drift;
  std::vector<std::string> notes;
};
// `added`: slots that are to be filled, sorted; those that an adoption fills are taken out. `index`: of a revision in
// GroupDiff::revisions.
[[nodiscard]] Strays HandleStrays(const std::vector<UnrecordedInstance>& strays, model::OrphanPolicy policy,
                                  std::vector<model::Slot>& added,
                                  const std::function<std::uint16_t(const base::Digest&)>& index);

}  // namespace kadende::plan
