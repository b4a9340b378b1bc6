// What lies between two revisions of a group, field by field, under today's classification of the provider. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/model/manifest.h"
#include "engine/model/plan.h"
#include "engine/model/record.h"
#include "engine/ports/plan_update.h"

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

// What a provider says of the way from one revision to another (ports/plan_update.h), sorted by path.
using UpdateVerdicts = std::vector<ports::UpdateVerdict>;

// Verdicts stand above the manifest's mutable properties, but for scope properties: nothing moves to another place.
[[nodiscard]] RevisionChange CompareRevisions(const model::RevisionRecord& from, const model::RevisionRecord& to,
                                              const model::Manifest& manifest, const UpdateVerdicts& verdicts = {});

// Paths of the properties that differ, sorted; labels are not among them.
[[nodiscard]] std::vector<std::string> ChangedProperties(const model::RevisionRecord& from,
                                                         const model::RevisionRecord& to);

}  // namespace kadende::plan
