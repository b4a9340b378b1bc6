#include "engine/plan/policy_diff.h"

#include <optional>
#include <set>
#include <string_view>

#include "engine/base/json.h"
#include "engine/base/text.h"

namespace kadende::plan {
namespace {

std::string Word(std::uint32_t number) {
  return std::to_string(number);
}
std::string Word(const std::optional<std::uint32_t>& number) {
  return number ? std::to_string(*number) : "size";
}
std::string Word(const model::CountOrPercent& count) {
  return count.ToText();
}
std::string Word(base::Millis duration) {
  return base::FormatDuration(duration);
}
std::string Word(bool flag) {
  return flag ? "true" : "false";
}
std::string Word(const std::vector<std::string>& words) {
  return "[" + base::Join(words, ", ") + "]";
}
std::string Word(model::ReplaceOrder order) {
  switch (order) {
    case model::ReplaceOrder::kAuto:
      return "auto";
    case model::ReplaceOrder::kLaunchFirst:
      return "launch-first";
    case model::ReplaceOrder::kDestroyFirst:
      return "destroy-first";
  }
  return "";
}
std::string Word(model::OrphanPolicy policy) {
  switch (policy) {
    case model::OrphanPolicy::kDestroy:
      return "destroy";
    case model::OrphanPolicy::kReport:
      return "report";
    case model::OrphanPolicy::kAdopt:
      return "adopt";
  }
  return "";
}

template <class T>
void Compare(std::string_view key, const T& before, const T& after, std::vector<std::string>& changes) {
  if (before == after) return;
  changes.push_back(std::string(key) + ": " + Word(before) + " -> " + Word(after));
}

// Whole sections that a later issue puts in force: only named, because their text can be long.
void CompareSections(const std::string& before, const std::string& after, std::vector<std::string>& changes) {
  if (before == after) return;
  auto old_value = base::ParseJson(before);
  auto new_value = base::ParseJson(after);
  if (!old_value || !new_value || !old_value->is_object() || !new_value->is_object()) {
    changes.emplace_back("other keys: changed");
    return;
  }
  std::set<std::string> keys;
  for (const auto& [key, value] : old_value->items()) keys.insert(key);
  for (const auto& [key, value] : new_value->items()) keys.insert(key);
  for (const std::string& key : keys) {
    if (!old_value->contains(key)) {
      changes.push_back(key + ": added");
    } else if (!new_value->contains(key)) {
      changes.push_back(key + ": removed");
    } else if ((*old_value)[key] != (*new_value)[key]) {
      changes.push_back(key + ": changed");
    }
  }
}

}  // namespace

std::vector<std::string> PolicyChanges(const model::GroupPolicy& before, const model::GroupPolicy& after) {
  std::vector<std::string> changes;
  if (before == after) return changes;
  Compare("min", before.min, after.min, changes);
  Compare("max", before.max, after.max, changes);
  Compare("rollout.maxSurge", before.rollout.max_surge, after.rollout.max_surge, changes);
  Compare("rollout.maxUnavailable", before.rollout.max_unavailable, after.rollout.max_unavailable, changes);
  Compare("rollout.order", before.rollout.order, after.rollout.order, changes);
  Compare("timeouts.create", before.timeouts.create, after.timeouts.create, changes);
  Compare("timeouts.join", before.timeouts.join, after.timeouts.join, changes);
  Compare("timeouts.destroy", before.timeouts.destroy, after.timeouts.destroy, changes);
  Compare("remediation.backoff.base", before.backoff_base, after.backoff_base, changes);
  Compare("remediation.backoff.max", before.backoff_max, after.backoff_max, changes);
  Compare("orphans", before.orphans, after.orphans, changes);
  Compare("preventDestroy", before.prevent_destroy, after.prevent_destroy, changes);
  Compare("dependsOn", before.depends_on, after.depends_on, changes);
  CompareSections(before.not_in_force, after.not_in_force, changes);
  return changes;
}

}  // namespace kadende::plan
