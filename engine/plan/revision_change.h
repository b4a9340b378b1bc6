// What lies between two revisions of a group, field by field, under today's classification of the provider. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/model/manifest.h"
#include "engine/model/plan.h"
#include "engine/model/record.h"

namespace kadende::plan {

enum class ChangeClass : std::uint8_t {
  kNone,        // the same to the provider
  kLabels,      // labels only: in place
  kProperties,  // mutable properties (and perhaps labels): in place
  kReplace,     // something that only a new instance can have
};

struct RevisionChange {
  ChangeClass kind = ChangeClass::kNone;
  std::vector<model::PropertyChange> properties;  // sorted by path
};

[[nodiscard]] RevisionChange CompareRevisions(const model::RevisionRecord& from, const model::RevisionRecord& to,
                                              const model::Manifest& manifest);

}  // namespace kadende::plan
