// meta.json and group.json of a published tree: pretty-printed, sorted keys, so that a diff reads as what changed.
// The cluster's serial and commit are not in them: they belong to the commit itself.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/model/record.h"

namespace kadende::state {

// Of both documents. A reader refuses a higher one; a lower one is read with defaults for what it lacks.
inline constexpr int kTreeFormat = 1;

[[nodiscard]] base::Result<std::string> EncodeMeta(const model::ClusterRecord& cluster);
// Fills lineage, id, name, version, spec hash and variables.
[[nodiscard]] base::Status DecodeMeta(std::string_view text, model::ClusterRecord* cluster);

[[nodiscard]] base::Result<std::string> EncodeGroup(const model::GroupRecord& group);
[[nodiscard]] base::Result<model::GroupRecord> DecodeGroup(std::string_view text);

}  // namespace kadende::state
