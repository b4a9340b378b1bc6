#include "lang/groups.h"

#include <algorithm>
#include <unordered_map>

#include "engine/base/text.h"
#include "lang/keys.h"
#include "lang/values.h"

namespace kadende::lang {
namespace {

bool IsGroup(const Node& node) {
  return node.kind == NodeKind::kMapping &&
         std::any_of(node.members.begin(), node.members.end(), [](const Member& m) { return MarksGroup(m.key); });
}

class Finder {
 public:
  explicit Finder(Report* report) : report_(*report) {}

  void Walk(const Node& folder, const std::string& path, const std::string& yaml_path) {
    for (const Member& member : folder.members) {
      const std::string below = yaml_path + "." + member.key;
      const std::string full = path.empty() ? member.key : path + "/" + member.key;
      if (!CheckChild(folder, member, path, below)) continue;
      if (auto problem = CheckName(member.key)) {
        report_.Error(below, "the group name `" + member.key + "` " + *problem, member.key_place);
      } else if (full.size() > kMaxPathLength) {
        report_.Error(below, "the group path `" + full + "` " + *CheckGroupPath(full), member.key_place);
      } else if (IsGroup(member.value)) {
        CheckMixture(member, below);
        found_.push_back({full, below, &member});
      } else {
        Walk(member.value, full, below);
      }
    }
  }

  std::vector<FoundGroup> Take() { return std::move(found_); }

 private:
  // Whether a folder's member can be a group or folder at all.
  bool CheckChild(const Node& folder, const Member& member, const std::string& path, const std::string& below) {
    const bool group_key = GroupTable().Find(member.key) != nullptr && !IsGroup(member.value);
    const bool mapping = member.value.kind == NodeKind::kMapping;
    if (mapping && !group_key) {
      if (!member.value.members.empty()) return true;
      report_.Error(below, "`" + member.key + "` is empty: a group needs a size and a resourcePlugin",
                    member.key_place);
      return false;
    }
    if (path.empty()) {
      report_.Error(below, "`" + member.key + "` must be a group, but is " + DescribeNode(member.value), member.Where(),
                    group_key ? "keys of a group stand under the group's name" : "");
      return false;
    }
    const std::string name = path.substr(path.rfind('/') + 1);
    if (group_key) {
      if (&member != &*std::find_if(folder.members.begin(), folder.members.end(),
                                    [](const Member& m) { return GroupTable().Find(m.key) != nullptr; })) {
        return false;  // said at the first one
      }
      report_.Error(below, "the group `" + name + "` has no `size` (or `logicalIds`) and no `resourcePlugin`",
                    member.key_place, "without these it is a folder, and a folder holds only groups");
      return false;
    }
    const auto nearest = NearestKey(member.key);
    report_.Error(
        below,
        "`" + member.key + "` must be a group in the folder `" + name + "`, but is " + DescribeNode(member.value),
        member.key_place, nearest.empty() ? "" : "did you mean `" + nearest + "`?");
    return false;
  }

  void CheckMixture(const Member& group, const std::string& yaml_path) {
    for (const Member& member : group.value.members) {
      if (GroupTable().Find(member.key) != nullptr || !IsGroup(member.value)) continue;
      report_.Error(yaml_path + "." + member.key,
                    "the group `" + group.key + "` cannot hold the group `" + member.key + "`", member.key_place,
                    "a folder of groups has no size, logicalIds or resourcePlugin of its own");
    }
  }

  std::string NearestKey(const std::string& word) {
    std::vector<std::string> keys;
    for (const Key& key : GroupTable().keys) keys.emplace_back(key.name);
    return report_.Nearest(word, keys).value_or("");
  }

  Report& report_;
  std::vector<FoundGroup> found_;
};

}  // namespace

std::vector<FoundGroup> FindGroups(const Member& groups, Report* report) {
  if (groups.value.kind != NodeKind::kMapping) {
    report->Error("groups", "`groups` must be a mapping, but is " + DescribeNode(groups.value), groups.Where());
    return {};
  }
  if (groups.value.members.empty()) {
    report->Error("groups", "`groups` is empty", groups.key_place, "to remove everything use `kadende destroy`");
    return {};
  }
  Finder finder(report);
  finder.Walk(groups.value, "", "groups");
  return finder.Take();
}

Node MergeDefaults(const Node& defaults, const Node& group) {
  if (defaults.kind != NodeKind::kMapping || group.kind != NodeKind::kMapping) return group;
  Node merged = group;
  const std::size_t own = merged.members.size();
  std::unordered_map<std::string_view, std::size_t> index;
  for (std::size_t i = 0; i < own; ++i) index.emplace(group.members[i].key, i);
  for (const Member& member : defaults.members) {
    const auto found = index.find(member.key);
    if (found == index.end()) {
      merged.members.push_back(member);
    } else {
      Node& value = merged.members[found->second].value;
      value = MergeDefaults(member.value, value);
    }
  }
  return merged;
}

std::size_t CountNodes(const Node& node) {
  std::size_t count = 1;
  for (const Node& item : node.items) count += CountNodes(item);
  for (const Member& member : node.members) count += CountNodes(member.value);
  return count;
}

std::string YamlPath(std::string_view group_path) {
  std::string path = "groups." + std::string(group_path);
  std::replace(path.begin(), path.end(), '/', '.');
  return path;
}

}  // namespace kadende::lang
