#include "lang/validate.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "engine/base/text.h"
#include "engine/model/identity.h"
#include "lang/groups.h"
#include "lang/values.h"

namespace kadende::lang {
namespace {

using model::GroupSpec;

// Folders of thousands of groups that depend on each other; a plan of that many edges helps nobody.
constexpr std::size_t kMaxDependencies = 1'000'000;
constexpr std::size_t kMaxCycles = 20;  // reported

// Host names and many providers' names do not keep case.
std::string Lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string Quote(const std::string& text) {
  return "`" + text + "`";
}

class Validator {
 public:
  Validator(std::vector<GroupSpec>* groups, const Positions& positions, Report* report)
      : groups_(*groups), positions_(positions), report_(*report) {
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      index_.emplace(groups_[i].path, i);
      paths_.push_back(groups_[i].path);
    }
  }

  void Validate() {
    CheckNodeNames();
    CheckMoves();
    ResolveDependencies();
    CheckCycles();
  }

 private:
  using NamedNodes = std::unordered_map<std::string, std::pair<const GroupSpec*, std::size_t>>;  // with the id's index

  Place At(const GroupSpec& group, const std::string& below) const {
    return positions_.Of(YamlPath(group.path) + (below.empty() ? "" : "." + below));
  }

  // Without listing every node: names of sized groups are their flat path and any number (slots are not always
  // 0..n-1), so two of them collide when their flat paths are equal, and a logical id collides with them when it ends
  // in a number behind their flat path.
  void CheckNodeNames() {
    std::unordered_map<std::string, const GroupSpec*> sized;
    for (const GroupSpec& group : groups_) {
      if (!group.logical_ids.empty()) continue;
      std::string flat = Lower(model::NodeName(group.path, {}));
      flat.resize(flat.size() - 2);  // "-0"
      const auto [first, added] = sized.emplace(std::move(flat), &group);
      if (!added) Collision(group, "", *first->second, model::NodeName(group.path, {}));
    }
    NamedNodes named;
    std::size_t names = 0;
    for (const GroupSpec& group : groups_) names += group.logical_ids.size();
    named.reserve(names);
    for (const GroupSpec& group : groups_) {
      for (std::size_t i = 0; i < group.logical_ids.size(); ++i) {
        CheckLogicalId(group, i, sized, &named);
      }
    }
  }

  void CheckLogicalId(const GroupSpec& group, std::size_t i,
                      const std::unordered_map<std::string, const GroupSpec*>& sized, NamedNodes* named) {
    const std::string name = model::NodeName(group.path, {0, group.logical_ids[i]});
    const std::string lower = Lower(name);
    const std::string at = "logicalIds[" + std::to_string(i) + "]";
    const auto [first, added] = named->try_emplace(lower, &group, i);
    if (!added) {
      const auto& [other, other_id] = first->second;
      // The same id twice in one spelling was said by the checker.
      const bool said = other == &group && group.logical_ids[other_id] == group.logical_ids[i];
      if (!said) Collision(group, at, *other, name);
      return;
    }
    const std::size_t dash = lower.rfind('-');
    const bool number = lower.find_first_not_of("0123456789", dash + 1) == std::string::npos;
    if (!number) return;
    const auto other = sized.find(lower.substr(0, dash));
    if (other != sized.end()) Collision(group, at, *other->second, name);
  }

  void Collision(const GroupSpec& group, const std::string& below, const GroupSpec& other, const std::string& name) {
    const bool same = &group == &other;
    report_.Error(YamlPath(group.path) + (below.empty() ? "" : "." + below),
                  same ? "two nodes would both be called " + Quote(name) + " (case does not count)"
                       : "nodes of this group and of " + Quote(other.path) + " (line " +
                             std::to_string(At(other, "").line) + ") would both be called " + Quote(name),
                  At(group, below), same ? "" : "rename one of them; case does not count");
  }

  void CheckMoves() {
    std::map<std::string, const GroupSpec*> from;
    for (const GroupSpec& group : groups_) {
      const std::string& old = group.moved_from;
      if (old.empty()) continue;
      std::string problem;
      if (old == group.path) {
        problem = "a group cannot be moved from itself";
      } else if (index_.contains(old)) {
        problem = "the group " + Quote(old) + " is still in this file (line " +
                  std::to_string(At(groups_[index_.at(old)], "").line) + ")";
      } else if (const auto [first, added] = from.emplace(old, &group); !added) {
        problem = "the group " + Quote(first->second->path) + " is moved from " + Quote(old) + " already";
      }
      if (problem.empty()) continue;
      report_.Error(YamlPath(group.path) + ".movedFrom", problem, At(group, "movedFrom"));
    }
  }

  void ResolveDependencies() {
    std::size_t total = 0;
    for (GroupSpec& group : groups_) {
      std::set<std::string> resolved;
      for (std::size_t i = 0; i < group.policy.depends_on.size(); ++i) {
        ResolveOne(group, i, &resolved);
      }
      total += resolved.size();
      if (total > kMaxDependencies) {
        report_.Error(YamlPath(group.path) + ".dependsOn",
                      "the groups of this file have more than " + base::GroupDigits(kMaxDependencies) +
                          " dependencies on each other",
                      At(group, "dependsOn"), "depend on a group rather than on a large folder");
        break;
      }
      group.policy.depends_on.assign(resolved.begin(), resolved.end());
    }
  }

  void ResolveOne(const GroupSpec& group, std::size_t i, std::set<std::string>* resolved) {
    const std::string& wanted = group.policy.depends_on[i];
    const std::string below = "dependsOn[" + std::to_string(i) + "]";
    if (wanted == group.path || group.path.starts_with(wanted + "/")) {
      report_.Error(YamlPath(group.path) + "." + below, "the group " + Quote(group.path) + " cannot depend on itself",
                    At(group, below));
      return;
    }
    if (index_.contains(wanted)) {
      resolved->insert(wanted);
      return;
    }
    const std::string folder = wanted + "/";
    auto first = std::lower_bound(paths_.begin(), paths_.end(), folder);
    if (first == paths_.end() || !first->starts_with(folder)) {
      const auto nearest = report_.Nearest(wanted, paths_);
      report_.Error(YamlPath(group.path) + "." + below, "there is no group " + Quote(wanted), At(group, below),
                    nearest ? "did you mean " + Quote(*nearest) + "?" : "");
      return;
    }
    for (; first != paths_.end() && first->starts_with(folder); ++first) resolved->insert(*first);
  }

  // Depth first without recursion: a chain of dependencies may be as long as the file.
  void CheckCycles() {
    enum class Mark : std::uint8_t { kNew, kOpen, kDone };
    std::size_t cycles = 0;
    std::vector<Mark> marks(groups_.size(), Mark::kNew);
    struct Visit {
      std::size_t group;
      std::size_t next = 0;
    };
    for (std::size_t root = 0; root < groups_.size(); ++root) {
      if (marks[root] != Mark::kNew) continue;
      std::vector<Visit> stack = {{root}};
      marks[root] = Mark::kOpen;
      while (!stack.empty()) {
        Visit& top = stack.back();
        const auto& edges = groups_[top.group].policy.depends_on;
        if (top.next == edges.size()) {
          marks[top.group] = Mark::kDone;
          stack.pop_back();
          continue;
        }
        const auto found = index_.find(edges[top.next++]);
        if (found == index_.end()) continue;  // was reported
        const std::size_t below = found->second;
        if (marks[below] == Mark::kOpen && ++cycles <= kMaxCycles) {
          std::vector<std::string> cycle;
          auto from = std::find_if(stack.begin(), stack.end(), [&](const Visit& v) { return v.group == below; });
          for (; from != stack.end(); ++from) cycle.push_back(groups_[from->group].path);
          ReportCycle(std::move(cycle));
        } else if (marks[below] == Mark::kNew) {
          marks[below] = Mark::kOpen;
          stack.push_back({below});
        }
      }
    }
  }

  void ReportCycle(std::vector<std::string> cycle) {
    const GroupSpec& first = groups_[index_.at(cycle.front())];
    constexpr std::size_t kShown = 12;
    if (cycle.size() > kShown) {
      cycle.resize(kShown);
      cycle.emplace_back("...");
    }
    cycle.push_back(first.path);
    report_.Error(YamlPath(first.path) + ".dependsOn",
                  "groups depend on each other in a circle: " + base::Join(cycle, " -> "), At(first, "dependsOn"));
  }

  std::vector<GroupSpec>& groups_;
  const Positions& positions_;
  Report& report_;
  std::unordered_map<std::string, std::size_t> index_;
  std::vector<std::string> paths_;  // sorted, as groups_ is
};

}  // namespace

void ValidateGroups(std::vector<GroupSpec>* groups, const Positions& positions, Report* report) {
  Validator(groups, positions, report).Validate();
}

}  // namespace kadende::lang
