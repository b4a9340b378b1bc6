#include "engine/plan/revision_change.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "engine/base/json.h"
#include "engine/base/text.h"

namespace kadende::plan {
namespace {

using base::Json;

bool Contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string Text(const Json* value) {
  return value == nullptr ? std::string() : base::Canonical(*value);
}

const Json* Member(const Json* object, const std::string& key) {
  if (object == nullptr || !object->is_object()) return nullptr;
  auto found = object->find(key);
  return found == object->end() ? nullptr : &*found;
}

const Json* Item(const Json* array, std::size_t index) {
  return array != nullptr && array->is_array() && index < array->size() ? &(*array)[index] : nullptr;
}

// Differences at the leaves, so that a reader sees "args[1]" and not two whole lists. Depth is bounded by the parser.
class Comparison {
 public:
  explicit Comparison(std::vector<model::PropertyChange>& changes) : changes_(changes) {}

  void Compare(const std::string& path, const Json* before, const Json* after, bool forces) {
    if (before != nullptr && after != nullptr && *before == *after) return;
    const Json* either = after != nullptr ? after : before;
    if (either == nullptr) return;
    const bool same_type = before == nullptr || after == nullptr || before->type() == after->type();
    if (same_type && either->is_object() && !either->empty()) {
      std::set<std::string> keys;
      for (const Json* side : {before, after}) {
        if (side == nullptr) continue;
        for (const auto& [key, value] : side->items()) keys.insert(key);
      }
      for (const std::string& key : keys) {
        Compare(path.empty() ? key : path + "." + key, Member(before, key), Member(after, key), forces);
      }
    } else if (same_type && either->is_array() && before != nullptr && after != nullptr) {
      for (std::size_t i = 0; i < std::max(before->size(), after->size()); ++i) {
        Compare(path + "[" + std::to_string(i) + "]", Item(before, i), Item(after, i), forces);
      }
    } else {
      changes_.push_back({path, Text(before), Text(after), forces});
    }
  }

 private:
  std::vector<model::PropertyChange>& changes_;
};

void CompareLabels(const model::RevisionRecord& from, const model::RevisionRecord& to,
                   std::vector<model::PropertyChange>& changes) {
  std::set<std::string> keys;
  for (const auto& [key, value] : from.labels) keys.insert(key);
  for (const auto& [key, value] : to.labels) keys.insert(key);
  auto text = [](const std::map<std::string, std::string>& labels, const std::string& key) {
    auto found = labels.find(key);
    return found == labels.end() ? std::string() : base::QuoteJson(found->second);
  };
  for (const std::string& key : keys) {
    std::string before = text(from.labels, key);
    std::string after = text(to.labels, key);
    if (before != after) changes.push_back({"labels." + key, std::move(before), std::move(after), false});
  }
}

Json Properties(const model::RevisionRecord& revision) {
  auto parsed = base::ParseJson(revision.properties);
  // Properties that do not parse differ from everything: state would be corrupt, and the store says so when it loads.
  return parsed && parsed->is_object() ? std::move(*parsed) : Json::object();
}

void CompareProperties(const model::RevisionRecord& from, const model::RevisionRecord& to,
                       const model::Manifest& manifest, std::vector<model::PropertyChange>& changes) {
  const Json before = Properties(from);
  const Json after = Properties(to);
  std::set<std::string> keys;
  for (const auto& [key, value] : before.items()) keys.insert(key);
  for (const auto& [key, value] : after.items()) keys.insert(key);
  for (const std::string& key : keys) {
    const bool mutable_here = Contains(manifest.mutable_properties, key) && !Contains(manifest.scope_properties, key);
    Comparison(changes).Compare(key, Member(&before, key), Member(&after, key), !mutable_here);
  }
}

void Hear(const UpdateVerdicts& verdicts, const model::Manifest& manifest,
          std::vector<model::PropertyChange>& changes) {
  for (model::PropertyChange& change : changes) {
    const auto verdict =
        std::lower_bound(verdicts.begin(), verdicts.end(), change.path,
                         [](const ports::UpdateVerdict& one, const std::string& path) { return one.path < path; });
    if (verdict == verdicts.end() || verdict->path != change.path) continue;
    if (Contains(manifest.scope_properties, change.path.substr(0, change.path.find_first_of(".[")))) continue;
    change.forces_replacement = verdict->replace;
  }
}

}  // namespace

RevisionChange CompareRevisions(const model::RevisionRecord& from, const model::RevisionRecord& to,
                                const model::Manifest& manifest, const UpdateVerdicts& verdicts) {
  RevisionChange result;
  std::vector<model::PropertyChange>& changes = result.properties;
  CompareProperties(from, to, manifest, changes);
  Hear(verdicts, manifest, changes);
  if (from.provider.name != to.provider.name) {
    changes.push_back(
        {"resourcePlugin.name", base::QuoteJson(from.provider.name), base::QuoteJson(to.provider.name), true});
  }
  const std::size_t before_labels = changes.size();
  CompareLabels(from, to, changes);
  const bool forces = std::any_of(changes.begin(), changes.end(), [](const auto& c) { return c.forces_replacement; });
  if (forces) {
    result.kind = ChangeClass::kReplace;
  } else if (before_labels > 0) {
    result.kind = ChangeClass::kProperties;
  } else if (!changes.empty()) {
    result.kind = ChangeClass::kLabels;
  }
  std::sort(changes.begin(), changes.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return result;
}

std::vector<std::string> ChangedProperties(const model::RevisionRecord& from, const model::RevisionRecord& to) {
  std::vector<model::PropertyChange> changes;
  CompareProperties(from, to, {}, changes);
  std::vector<std::string> paths;
  paths.reserve(changes.size());
  for (model::PropertyChange& change : changes) paths.push_back(std::move(change.path));
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace kadende::plan
