// record.json of a node's folder: what kadende knows about the node, while the shim's status says what became of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/model/instance.h"

namespace kadende::providers::process {

struct NodeRecord {
  std::string name;
  std::string token;  // base32, as in the environment of its processes; owner.token may be another after an adoption
  model::Ownership owner;
  std::vector<std::pair<std::string, std::string>> labels;  // sorted by key
  std::string properties = "{}";                            // canonical JSON
  base::TimePoint created_at{};
  std::string boot;  // of the create
};

// Format 1. A reader refuses a higher one (kCorrupt names it), because it could not keep what it does not know.
[[nodiscard]] std::string EncodeRecord(const NodeRecord& record);
[[nodiscard]] base::Result<NodeRecord> DecodeRecord(std::string_view text);

}  // namespace kadende::providers::process
