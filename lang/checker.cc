#include "lang/checker.h"

#include <algorithm>
#include <unordered_map>

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "lang/key_place.h"
#include "lang/values.h"

namespace kadende::lang {
namespace {

using base::Json;

std::string Quote(std::string_view text) {
  return "`" + std::string(text) + "`";
}

bool HasHole(const Node& node) {
  return node.kind == NodeKind::kScalar && node.text.find("${") != std::string::npos;
}

std::string Item(const std::string& path, std::size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

std::string Range(std::string_view from, std::string_view to) {
  return "from " + std::string(from) + " to " + std::string(to);
}

// Keys whose values are lists of scalars: the type of one of them.
ValueType ItemType(ValueType list) {
  switch (list) {
    case ValueType::kNames:
      return ValueType::kName;
    case ValueType::kGroupPaths:
      return ValueType::kGroupPath;
    case ValueType::kStatuses:
      return ValueType::kStatuses;
    case ValueType::kCounts:
      return ValueType::kCountOrPercent;
    default:
      return ValueType::kText;
  }
}

}  // namespace

void Checker::Locate(const std::string& path, const Place& place) {
  if (positions_ != nullptr) positions_->insert_or_assign(path, report_.source().Range(place));
}

Json Checker::Wrong(const At& at, const Node& node, const std::string& wanted, std::string remedy) {
  report_.Error(at.path, Quote(at.key.name) + " must be " + wanted + ", but is " + DescribeNode(node), at.place,
                std::move(remedy));
  return nullptr;
}

void Checker::UnknownKey(const Table& table, const Member& member, const std::string& path) {
  const auto marks = [](const Member& m) { return MarksGroup(m.key); };
  if (std::any_of(member.value.members.begin(), member.value.members.end(), marks)) return;  // groups.cc says it better
  std::vector<std::string> known;
  for (const Key& key : table.keys) {
    if (!in_defaults_ || key.in_defaults) known.emplace_back(key.name);
  }
  const auto nearest = report_.Nearest(member.key, known);
  report_.Error(path + member.key, "unknown key " + Quote(member.key), member.key_place,
                nearest ? "did you mean " + Quote(*nearest) + "?" : "known here: " + base::Join(known, ", "));
}

Json Checker::CheckTable(const Table& table, const Node& node, const std::string& path, const Place& owner) {
  Json out = Json::object();
  const std::string prefix = path.empty() ? "" : path + ".";
  for (const Member& member : node.members) {
    const Key* key = table.Find(member.key);
    if (key == nullptr) {
      UnknownKey(table, member, prefix);
    } else if (in_defaults_ && !key->in_defaults) {
      report_.Error(prefix + member.key, Quote(member.key) + " cannot be a default: each group has its own",
                    member.key_place);
    } else if (Json value = CheckMember(*key, member, prefix + member.key); !value.is_null()) {
      out[member.key] = std::move(value);
    }
  }
  for (const Key& key : table.keys) {
    if (!key.required || in_defaults_ || node.Find(key.name) != nullptr) continue;
    report_.Error(prefix + std::string(key.name), Quote(key.name) + " is missing", owner,
                  std::string(key.name) + ": " + std::string(key.description));
  }
  return out;
}

Json Checker::CheckMember(const Key& key, const Member& member, const std::string& path) {
  Locate(path, member.Where());
  Json value = CheckValue(key, member.value, path, member.Where());
  if (!key.in_force) report_.NotInForce(std::string(key.name), path, member.key_place);
  return value;
}

Json Checker::CheckValue(const Key& key, const Node& node, const std::string& path, const Place& place) {
  const At at{key, path, place};
  switch (key.type) {
    case ValueType::kTable: {
      if (node.kind == NodeKind::kMapping) return CheckTable(*key.table, node, path, place);
      const bool named = key.name == "resourcePlugin" && node.kind == NodeKind::kScalar;
      return Wrong(at, node, "a mapping", named ? "write `resourcePlugin: {name: " + node.text + "}`" : "");
    }
    case ValueType::kTables:
      return CheckTables(at, node);
    case ValueType::kTextMap:
      return CheckTextMap(at, node);
    case ValueType::kFree:
      if (node.kind != NodeKind::kMapping) return Wrong(at, node, "a mapping");
      return FreeMapping(node, path);
    case ValueType::kTexts:
    case ValueType::kNames:
    case ValueType::kGroupPaths:
    case ValueType::kStatuses:
    case ValueType::kCounts:
      return CheckList(at, node);
    case ValueType::kNamedTables:
    case ValueType::kDefaults:
    case ValueType::kGroups:
      return nullptr;  // the parser walks these itself
    default:
      return CheckScalar(at, node);
  }
}

Json Checker::CheckScalar(const At& at, const Node& node) {
  if (node.kind == NodeKind::kMapping || node.kind == NodeKind::kSequence) return Wrong(at, node, "a single value");
  if (node.IsNull()) return Wrong(at, node, "a value");
  if (at.key.interpolation == Interpolation::kNode) {
    if (!Inspect(node.text, node, at.path, Interpolation::kNode)) return nullptr;
    return node.text;
  }
  std::optional<Node> resolved;
  if (HasHole(node)) {
    resolved = Resolve(at, node);
    if (!resolved) return nullptr;
  }
  const Node& value = resolved ? *resolved : node;
  switch (at.key.type) {
    case ValueType::kInteger:
      return CheckInteger(at, value);
    case ValueType::kBoolean:
      if (ClassifyScalar(value) != ScalarType::kBoolean) return Wrong(at, value, "true or false");
      return value.text[0] == 't' || value.text[0] == 'T';
    case ValueType::kDuration:
      return CheckDuration(at, value);
    case ValueType::kCountOrPercent:
      return CheckCount(at, value);
    case ValueType::kChoice:
      return CheckChoice(at, value);
    case ValueType::kScalar:
      return FreeScalar(value, at.path);
    default:
      return CheckText(at, value);
  }
}

Json Checker::CheckInteger(const At& at, const Node& node) {
  const auto value = node.quoted ? std::nullopt : ReadInteger(node.text);
  if (!value) {
    const bool digits = node.text.find_first_not_of("0123456789abcdefxABCDEF_+-") == std::string::npos;
    return Wrong(at, node, "an integer", digits ? "write it in decimal, without quotes and leading zeros" : "");
  }
  if (*value >= at.key.min && *value <= at.key.max) return *value;
  return Wrong(at, node, Range(std::to_string(at.key.min), base::GroupDigits(static_cast<std::uint64_t>(at.key.max))));
}

Json Checker::CheckDuration(const At& at, const Node& node) {
  const auto value = base::ParseDuration(node.text);
  if (!value) {
    const bool bare = ReadInteger(node.text).has_value();
    return Wrong(at, node, "a duration",
                 bare ? "it needs a unit: `" + node.text + "s` is seconds; ms, s, m, h and d are known"
                      : "like `10s`, `5m` or `1h30m`");
  }
  if (value->count() >= at.key.min && value->count() <= at.key.max) return base::FormatDuration(*value);
  return Wrong(at, node,
               Range(base::FormatDuration(base::Millis(at.key.min)), base::FormatDuration(base::Millis(at.key.max))));
}

Json Checker::CheckCount(const At& at, const Node& node) {
  const auto value = ReadCountOrPercent(node.text);
  if (!value) return Wrong(at, node, "a count or a percentage up to 100%", "like `2` or `10%`");
  if (!value->percent && value->value > at.key.max) {
    return Wrong(at, node, Range("0", base::GroupDigits(static_cast<std::uint64_t>(at.key.max))));
  }
  return value->ToText();
}

Json Checker::CheckChoice(const At& at, const Node& node) {
  const auto found = std::find(at.key.choices.begin(), at.key.choices.end(), node.text);
  if (found != at.key.choices.end()) return node.text;
  const std::vector<std::string> words(at.key.choices.begin(), at.key.choices.end());
  const auto nearest = report_.Nearest(node.text, words);
  return Wrong(at, node, "one of " + base::Join(words, ", "), nearest ? "did you mean " + Quote(*nearest) + "?" : "");
}

Json Checker::CheckText(const At& at, const Node& node) {
  // Numbers keep their spelling: a version 1.10 is not 1.1.
  const std::string& text = node.text;
  std::optional<std::string> problem;
  switch (at.key.type) {
    case ValueType::kName:
      problem = CheckName(text);
      break;
    case ValueType::kGroupPath:
      problem = CheckGroupPath(text);
      break;
    case ValueType::kVersions:
      if (!ReadVersions(text)) problem = "is not a list of comparisons like `>= 0.1, < 2`";
      break;
    case ValueType::kStatuses:
      if (!IsStatusRange(text)) problem = "is not a status like `200` or a range like `200-299`";
      break;
    default:
      if (at.key.required && text.empty()) problem = "is empty";
      if (text.size() > 65'536) problem = "is longer than 64 KiB";
  }
  if (!problem) return text;
  report_.Error(at.path, Quote(at.key.name) + " " + *problem, at.place);
  return nullptr;
}

Json Checker::CheckList(const At& at, const Node& node) {
  const bool one = at.key.type == ValueType::kGroupPaths && node.kind == NodeKind::kScalar;
  if (node.kind != NodeKind::kSequence && !one) return Wrong(at, node, "a list");
  Key item = at.key;
  item.type = ItemType(at.key.type);
  item.required = false;
  Json out = Json::array();
  if (one) {
    if (Json value = CheckScalar({item, at.path, at.place}, node); !value.is_null()) out.push_back(std::move(value));
    return out;
  }
  if (node.items.empty() && at.key.type != ValueType::kGroupPaths) {
    report_.Error(at.path, Quote(at.key.name) + " is an empty list", at.place);
  }
  std::unordered_map<std::string_view, int> lines;
  if (at.key.type == ValueType::kNames) lines.reserve(node.items.size());
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const std::string path = Item(at.path, i);
    const Node& value = node.items[i];
    Locate(path, value.place);
    Json checked = CheckScalar({item, path, value.place}, value);
    if (checked.is_null()) continue;
    if (at.key.type == ValueType::kNames) {
      const auto [first, added] = lines.try_emplace(value.text, value.place.line);
      if (!added) {
        report_.Error(path, Quote(value.text) + " is in this list twice (line " + std::to_string(first->second) + ")",
                      value.place);
      }
    }
    out.push_back(std::move(checked));
  }
  return out;
}

Json Checker::CheckTextMap(const At& at, const Node& node) {
  if (node.kind != NodeKind::kMapping) return Wrong(at, node, "a mapping");
  Json out = Json::object();
  for (const Member& member : node.members) {
    const std::string path = at.path + "." + member.key;
    Locate(path, member.Where());
    if (member.key.empty() || member.key.size() > 128 || member.key.find("${") != std::string::npos) {
      report_.Error(path, "a label's name has 1 to 128 characters, and no `${`", member.key_place);
      continue;
    }
    Key entry = at.key;
    entry.name = member.key;
    entry.type = ValueType::kText;
    Json value = CheckScalar({entry, path, member.Where()}, member.value);
    if (!value.is_null()) out[member.key] = std::move(value);
  }
  return out;
}

Json Checker::CheckTables(const At& at, const Node& node) {
  if (node.kind != NodeKind::kSequence) return Wrong(at, node, "a list");
  Json out = Json::array();
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const std::string path = Item(at.path, i);
    const Node& item = node.items[i];
    Locate(path, item.place);
    if (item.kind != NodeKind::kMapping) {
      report_.Error(path, "a " + std::string(at.key.table->name) + " is a mapping, but this is " + DescribeNode(item),
                    item.place);
      continue;
    }
    out.push_back(CheckTable(*at.key.table, item, path, item.place));
  }
  return out;
}

Json Checker::FreeMapping(const Node& node, const std::string& path) {
  Json out = Json::object();
  for (const Member& member : node.members) {
    const std::string below = path + "." + member.key;
    Locate(below, member.Where());
    Locate(KeyPlace(below), member.key_place);
    if (member.key.find("${") != std::string::npos) {
      report_.Error(below, "`${...}` cannot be used in a key", member.key_place);
      continue;
    }
    out[member.key] = FreeValue(member.value, below, member.Where());
  }
  return out;
}

Json Checker::FreeValue(const Node& node, const std::string& path, const Place& place) {
  switch (node.kind) {
    case NodeKind::kNull:
      return nullptr;
    case NodeKind::kScalar:
      return FreeScalar(node, path);
    case NodeKind::kMapping:
      return FreeMapping(node, path);
    case NodeKind::kSequence:
      break;
  }
  Json out = Json::array();
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const std::string below = Item(path, i);
    const Place& where = node.items[i].IsNull() ? place : node.items[i].place;
    Locate(below, where);
    out.push_back(FreeValue(node.items[i], below, where));
  }
  return out;
}

Json Checker::FreeScalar(const Node& node, const std::string& path) {
  switch (ClassifyScalar(node)) {
    case ScalarType::kNull:
      return nullptr;
    case ScalarType::kBoolean:
      return node.text[0] == 't' || node.text[0] == 'T';
    case ScalarType::kInteger:
      if (const auto value = ReadInteger(node.text)) return *value;
      report_.Error(path, "the integer `" + node.text + "` is too large", node.place, "write quotes to make it text");
      return nullptr;
    case ScalarType::kNumber:
      if (const auto value = ReadNumber(node.text)) return *value;
      report_.Error(path, "the number `" + node.text + "` is too large", node.place, "write quotes to make it text");
      return nullptr;
    case ScalarType::kText:
      (void)Inspect(node.text, node, path, Interpolation::kCreate);
      return node.text;
  }
  return nullptr;
}

}  // namespace kadende::lang
