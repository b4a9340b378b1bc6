#include "engine/plan/slot_query.h"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "engine/base/text.h"

namespace kadende::plan {
namespace {

using base::ErrorCode;
using base::Fail;

bool HasPlaces(const model::GroupState& group) {
  return group.record.moved_to.empty() && !group.record.target.revision.IsZero();
}

// The ordinal that an id has for life, or, at its first use, the lowest that nobody ever had.
std::uint32_t OrdinalOf(const model::GroupState& group, const std::string& id) {
  std::set<std::uint32_t> used;
  for (const auto& [key, row] : group.nodes) {
    if (row.slot.logical_id == id) return key.ordinal;
    used.insert(key.ordinal);
  }
  std::uint32_t free = 0;
  while (used.contains(free)) ++free;
  return free;
}

base::Result<model::Slot> SlotOf(const std::string& path, const model::GroupState& group, const std::string& key) {
  const std::vector<std::string>& ids = group.record.target.logical_ids;
  if (!ids.empty()) {
    if (std::find(ids.begin(), ids.end(), key) != ids.end()) return model::Slot{OrdinalOf(group, key), key};
    return Fail(ErrorCode::kInvalid,
                "group `" + path + "` has no place `" + key + "`: its logicalIds are " + base::Join(ids, ", "));
  }
  const auto ordinal = base::ParseInt(key);
  if (ordinal && *ordinal >= 0 && *ordinal < 10'000'000 && std::to_string(*ordinal) == key) {
    return model::Slot{static_cast<std::uint32_t>(*ordinal), {}};
  }
  return Fail(ErrorCode::kInvalid, "group `" + path + "` has no place `" + key + "`: its places are numbers");
}

}  // namespace

base::Result<model::NodeAddress> FindSlot(const model::ClusterState& state, std::string_view text) {
  const model::NodeQuery query = model::ParseNodeQuery(text);
  std::vector<std::string> paths;
  std::optional<base::Error> unfit;
  for (const auto& [path, group] : state.groups) {
    if (!HasPlaces(group)) continue;
    paths.push_back(path);
    std::string key = query.slot_key;
    if (query.group.empty()) {
      std::string prefix = path + "-";
      std::replace(prefix.begin(), prefix.end(), '/', '-');
      if (!query.name.starts_with(prefix)) continue;
      key = query.name.substr(prefix.size());
    } else if (query.group != path) {
      continue;
    }
    auto slot = SlotOf(path, group, key);
    if (slot) return model::NodeAddress{path, std::move(*slot)};
    unfit = std::move(slot.error());
  }
  if (unfit) return tl::unexpected(std::move(*unfit));
  const std::string group = query.group.empty() ? query.name : query.group;
  std::string message = "cluster `" + state.cluster.name + "` has no group with a place `" + std::string(text) + "`";
  if (auto nearest = base::Nearest(group, paths)) {
    message += "; did you mean one of `" + *nearest + "`?";
  } else if (!paths.empty()) {
    message += "; its groups are " + base::Join(paths, ", ");
  }
  return Fail(ErrorCode::kNotFound, std::move(message));
}

}  // namespace kadende::plan
