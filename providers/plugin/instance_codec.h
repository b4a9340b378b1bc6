// Instances and their tags, as the protocol writes them. A plugin keeps tags without understanding them and gives them
// back; only the host knows what they mean.
#pragma once

#include <string>

#include "engine/base/json.h"
#include "engine/base/result.h"
#include "engine/model/instance.h"

namespace kadende::providers::plugin {

inline constexpr const char* kLineageTag = "kadende/lineage";
inline constexpr const char* kClusterTag = "kadende/cluster";
inline constexpr const char* kGroupTag = "kadende/group";
inline constexpr const char* kOrdinalTag = "kadende/ordinal";
inline constexpr const char* kLogicalIdTag = "kadende/logical-id";  // only where the slot has one
inline constexpr const char* kIncarnationTag = "kadende/incarnation";
inline constexpr const char* kTokenTag = "kadende/token";
inline constexpr const char* kRevisionTag = "kadende/revision";

// JSON object text; "{}" for no owner.
[[nodiscard]] std::string TagsText(const model::Ownership& owner);
[[nodiscard]] std::string LabelsText(const std::vector<std::pair<std::string, std::string>>& labels);

// kInternal: not an instance as the protocol wants it; the message names the member. Tags without a lineage are those
// of something that is not ours: an empty owner.
[[nodiscard]] base::Result<model::Instance> ParseInstance(const base::Json& value);

}  // namespace kadende::providers::plugin
