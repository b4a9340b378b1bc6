// Finds the groups in the tree under `groups`: folders are walked, groups are listed with their paths.
#pragma once

#include <string>
#include <vector>

#include "lang/report.h"
#include "lang/yaml_reader.h"

namespace kadende::lang {

struct FoundGroup {
  std::string path;       // "data/db"
  std::string yaml_path;  // "groups.data.db"
  const Member* member = nullptr;
};

// A mapping with `size`, `logicalIds` or `resourcePlugin` is a group, any other a folder of groups. Mixtures, empty
// folders and bad names are reported. The members point into `groups`.
[[nodiscard]] std::vector<FoundGroup> FindGroups(const Member& groups, Report* report);

// `defaults` under a group: mappings are merged key by key, everything else of the group wins whole.
[[nodiscard]] Node MergeDefaults(const Node& defaults, const Node& group);
[[nodiscard]] std::size_t CountNodes(const Node& node);

// Where a group's value stands in a SourceMap: "data/db", "size" -> "groups.data.db.size".
[[nodiscard]] std::string YamlPath(std::string_view group_path);

}  // namespace kadende::lang
