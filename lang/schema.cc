#include "lang/schema.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "engine/base/json.h"
#include "engine/base/text.h"
#include "engine/base/time.h"
#include "lang/keys.h"
#include "lang/values.h"

namespace kadende::lang {
namespace {

using base::Json;

constexpr std::string_view kNamePattern = "^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9_-])?$";
constexpr std::string_view kPathPattern = "^[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)*$";
constexpr std::string_view kDurationPattern = "^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$";
constexpr std::string_view kHolePattern = "\\$\\{";

// Plain numbers are text too: `version: 1`.
Json Scalar() {
  return Json{{"type", {"string", "number", "boolean"}}};
}

Json Pattern(std::string_view pattern) {
  return Json{{"type", "string"}, {"pattern", pattern}};
}

// "#/$defs/health_check"
std::string DefinitionName(const Table& table) {
  std::string name(table.name);
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

Json Reference(const Table& table) {
  return Json{{"$ref", "#/$defs/" + DefinitionName(table)}};
}

Json Name() {
  Json name = Pattern(kNamePattern);
  name["maxLength"] = kMaxNameLength;
  return Json{{"anyOf", {name, {{"type", "integer"}, {"minimum", 0}}}}};
}

Json Count() {
  return Json{{"anyOf", {{{"type", "integer"}, {"minimum", 0}}, Pattern("^([0-9]+|(100|[0-9]{1,2})%)$")}}};
}

Json List(Json items) {
  return Json{{"type", "array"}, {"items", std::move(items)}};
}

Json Choice(const Key& key) {
  Json words = Json::array();
  for (const std::string_view word : key.choices) words.push_back(word);
  return Json{{"enum", std::move(words)}};
}

Json Statuses() {
  return List(Json{
      {"anyOf",
       {{{"type", "integer"}, {"minimum", 100}, {"maximum", 599}}, Pattern("^[1-5][0-9][0-9](-[1-5][0-9][0-9])?$")}}});
}

Json Bare(const Key& key) {
  switch (key.type) {
    case ValueType::kText:
    case ValueType::kVersions:
    case ValueType::kScalar:
      return Scalar();
    case ValueType::kName:
      return Name();
    case ValueType::kInteger:
      return Json{{"type", "integer"}, {"minimum", key.min}, {"maximum", key.max}};
    case ValueType::kBoolean:
      return Json{{"type", "boolean"}};
    case ValueType::kDuration:
      return Pattern(kDurationPattern);
    case ValueType::kCountOrPercent:
      return Count();
    case ValueType::kChoice:
      return Choice(key);
    case ValueType::kGroupPath:
      return Pattern(kPathPattern);
    case ValueType::kStatuses:
      return Statuses();
    case ValueType::kCounts:
      return List(Count());
    case ValueType::kTexts:
      return List(Scalar());
    case ValueType::kNames: {
      Json names = List(Name());
      names["uniqueItems"] = true;
      return names;
    }
    case ValueType::kGroupPaths:
      return Json{{"anyOf", {Pattern(kPathPattern), List(Pattern(kPathPattern))}}};
    case ValueType::kTextMap:
      return Json{{"type", "object"}, {"additionalProperties", Scalar()}};
    case ValueType::kFree:
      return Json{{"type", "object"}};
    case ValueType::kTable:
      return Reference(*key.table);
    case ValueType::kTables:
      return List(Reference(*key.table));
    case ValueType::kNamedTables:
      return Json{{"type", "object"}, {"additionalProperties", Reference(*key.table)}};
    case ValueType::kDefaults:
      return Json{{"$ref", "#/$defs/defaults"}};
    case ValueType::kGroups:
      return Json{{"$ref", "#/$defs/folder"}};
  }
  return Json::object();
}

bool TakesAnyText(ValueType type) {
  return type == ValueType::kText || type == ValueType::kVersions || type == ValueType::kScalar;
}

Json Property(const Key& key) {
  Json property = Bare(key);
  const bool single = key.type == ValueType::kInteger || key.type == ValueType::kBoolean ||
                      key.type == ValueType::kDuration || key.type == ValueType::kCountOrPercent ||
                      key.type == ValueType::kChoice;
  if (single && key.interpolation != Interpolation::kNone && !TakesAnyText(key.type)) {
    property = Json{{"anyOf", {std::move(property), Pattern(kHolePattern)}}};
  }
  property["description"] = std::string(key.description) + (key.in_force ? "" : " (not yet in force)");
  if (!key.fallback.empty())
    property["description"].get_ref<std::string&>() += "; default " + std::string(key.fallback);
  return property;
}

// A mapping that `defaults` may complete: what it requires may be missing in the group itself.
bool IsMerged(const Table& table) {
  for (const Key& key : GroupTable().keys) {
    if (key.type == ValueType::kTable && key.table == &table) return true;
  }
  return false;
}

// `partial`: as under `defaults`.
Json Object(const Table& table, bool partial) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const Key& key : table.keys) {
    if (partial && !key.in_defaults) continue;
    properties[std::string(key.name)] = Property(key);
    if (key.required && !IsMerged(table)) required.push_back(key.name);
  }
  Json object{{"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
  if (!required.empty()) object["required"] = std::move(required);
  return object;
}

// Every table that can be reached, each once, in the order of the reference.
void Gather(const Table& table, std::vector<const Table*>* found) {
  for (const Table* known : *found) {
    if (known == &table) return;
  }
  found->push_back(&table);
  for (const Key& key : table.keys) {
    if (key.table != nullptr) Gather(*key.table, found);
  }
}

std::string TypeText(const Key& key) {
  switch (key.type) {
    case ValueType::kText:
      return "text";
    case ValueType::kName:
      return "name";
    case ValueType::kInteger:
      return "integer, " + std::to_string(key.min) + " to " + base::GroupDigits(static_cast<std::uint64_t>(key.max));
    case ValueType::kBoolean:
      return "true or false";
    case ValueType::kDuration:
      return "duration, " + base::FormatDuration(base::Millis(key.min)) + " to " +
             base::FormatDuration(base::Millis(key.max));
    case ValueType::kCountOrPercent:
      return "count or percentage";
    case ValueType::kChoice: {
      const std::vector<std::string> words(key.choices.begin(), key.choices.end());
      return "one of `" + base::Join(words, "`, `") + "`";
    }
    case ValueType::kVersions:
      return "version comparisons";
    case ValueType::kGroupPath:
      return "group path";
    case ValueType::kStatuses:
      return "list of statuses";
    case ValueType::kCounts:
      return "list of counts or percentages";
    case ValueType::kScalar:
      return "single value";
    case ValueType::kTexts:
      return "list of texts";
    case ValueType::kNames:
      return "list of names";
    case ValueType::kGroupPaths:
      return "list of group paths";
    case ValueType::kTextMap:
      return "mapping of names to text";
    case ValueType::kFree:
      return "mapping";
    case ValueType::kTable:
      return "[" + std::string(key.table->name) + "](#" + DefinitionName(*key.table) + ")";
    case ValueType::kTables:
      return "list of [" + std::string(key.table->name) + "](#" + DefinitionName(*key.table) + ")";
    case ValueType::kNamedTables:
      return "mapping of names to [" + std::string(key.table->name) + "](#" + DefinitionName(*key.table) + ")";
    case ValueType::kDefaults:
      return "[group](#group), all keys optional";
    case ValueType::kGroups:
      return "mapping of names to [group](#group), or to further such mappings";
  }
  return {};
}

std::string Section(const Table& table) {
  std::string text = "\n## <a id=\"" + DefinitionName(table) + "\"></a>" + std::string(table.name) + "\n\n";
  text += "| key | type | default | meaning |\n|---|---|---|---|\n";
  for (const Key& key : table.keys) {
    std::string fallback = key.required           ? "required"
                           : key.fallback.empty() ? ""
                                                  : "`" + std::string(key.fallback) + "`";
    text += "| `" + std::string(key.name) + "` | " + TypeText(key) + " | " + fallback + " | " +
            std::string(key.description) + (key.in_force ? "" : " (not yet in force)") + " |\n";
  }
  return text;
}

constexpr std::string_view kIntroduction =
    "# The configuration file\n"
    "\n"
    "A cluster is one YAML file. Durations are `10s`, `5m`, `1h30m` or `7d`; counts are `2` or `10%`. Names have "
    "letters,\ndigits, `-`, `_` and `.`. In texts, `${...}` stands for a value: `cluster.name`, `cluster.version`, "
    "`group.path`,\n`var.NAME`, integer arithmetic and, in `resourceProperties`, `node.name`, `node.ordinal`, "
    "`node.address` (after the\ncreate) and `secret.env.NAME`; `$${` is a literal `${`. Anchors, aliases, merge keys "
    "and tags of YAML are not part of\nthe language. A mapping under `groups` without `size`, `logicalIds` and "
    "`resourcePlugin` is a folder of groups.\nKeys marked \"not yet in force\" are checked and kept, and have no "
    "effect.\n";

}  // namespace

std::string JsonSchema() {
  std::vector<const Table*> tables;
  Gather(ClusterTable(), &tables);
  Json schema = Object(ClusterTable(), false);
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["title"] = "kadende cluster";
  Json& definitions = schema["$defs"];
  for (const Table* table : tables) {
    if (table != &ClusterTable()) definitions[DefinitionName(*table)] = Object(*table, false);
  }
  definitions["group"]["oneOf"] = {{{"required", {"size"}}}, {{"required", {"logicalIds"}}}};
  definitions["defaults"] = Object(GroupTable(), true);
  Json marks = Json::array();
  for (const Key& key : GroupTable().keys) {
    if (MarksGroup(key.name)) marks.push_back({{"required", {key.name}}});
  }
  definitions["folder"] = {{"type", "object"},
                           {"minProperties", 1},
                           {"propertyNames", Pattern(kNamePattern)},
                           {"additionalProperties",
                            {{"if", {{"anyOf", std::move(marks)}}},
                             {"then", Reference(GroupTable())},
                             {"else", {{"$ref", "#/$defs/folder"}}}}}};
  return schema.dump(2) + "\n";
}

std::string ReferenceText() {
  std::vector<const Table*> tables;
  Gather(ClusterTable(), &tables);
  std::string text(kIntroduction);
  for (const Table* table : tables) text += Section(*table);
  return text;
}

}  // namespace kadende::lang
