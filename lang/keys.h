// The one table of the configuration language: every key with its type, range, default and words. It drives the
// checker (names, types, ranges, suggestions), the formatter's key order, the JSON Schema and the reference text.
//
// Adding a key: README.md.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace kadende::lang {

enum class ValueType : std::uint8_t {
  kText,            // any text
  kName,            // values.h, CheckName
  kInteger,         // min..max
  kBoolean,         // true, false
  kDuration,        // min..max in milliseconds
  kCountOrPercent,  // 3 or 40%; min..max of the count
  kChoice,          // one of `choices`
  kVersions,        // ">= 0.1, < 2"
  kGroupPath,       // data/db
  kStatuses,        // list of 200 or 200-299
  kCounts,          // list of 3 or 40%; min..max of the counts
  kScalar,          // text, integer, number or boolean, as it is
  kTexts,           // list of texts
  kNames,           // list of unique names
  kGroupPaths,      // list of group paths, or one
  kTextMap,         // names to text
  kFree,            // any mapping: the provider's
  kTable,           // a mapping with the keys of `table`
  kTables,          // a list of such mappings
  kNamedTables,     // names to such mappings
  kDefaults,        // a group's keys, all optional; `table` is a group's
  kGroups,          // groups and folders of groups; `table` is a group's
};

// What ${...} may mean in a value.
enum class Interpolation : std::uint8_t {
  kNone,    // not allowed: identity and structure must be readable without values
  kGroup,   // cluster, group and var; filled in by the parser
  kCreate,  // node.name and node.ordinal too: what is known when a node is created
  kNode,    // all of it; filled in by the engine
};

struct Table;

struct Key {
  std::string_view name;
  ValueType type = ValueType::kText;
  std::string_view description;  // one line, no full stop needed by readers
  bool required = false;
  bool in_force = true;     // false: checked and kept, without effect in this version
  bool in_defaults = true;  // may stand under `defaults`
  Interpolation interpolation = Interpolation::kNone;
  std::int64_t min = 0;
  std::int64_t max = INT64_MAX;
  std::string_view fallback = {};  // the default as it would be written; empty: none
  std::span<const std::string_view> choices = {};
  const Table* table = nullptr;
};

struct Table {
  std::string_view name;  // "group", as messages call it
  std::span<const Key> keys;

  [[nodiscard]] const Key* Find(std::string_view key) const;
};

[[nodiscard]] const Table& ClusterTable();  // the file's top level
[[nodiscard]] const Table& GroupTable();

// Names that mark a mapping under `groups` as a group rather than a folder.
[[nodiscard]] bool MarksGroup(std::string_view key);

}  // namespace kadende::lang
