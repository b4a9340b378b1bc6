// Checks one mapping of the file against its table of keys (keys.h) and gives what was right as JSON: numbers as
// integers, durations and counts in canonical text, texts with group-level ${...} filled in. What was wrong is
// reported and left out.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/json.h"
#include "engine/model/expression.h"
#include "lang/keys.h"
#include "lang/parser.h"
#include "lang/report.h"
#include "lang/yaml_reader.h"

namespace kadende::lang {

// What ${...} can refer to. A declared variable without a value has been reported already.
struct Scope {
  std::string cluster_name;
  std::string cluster_version;
  std::vector<std::string> declared;             // sorted
  std::map<std::string, std::string> variables;  // JSON scalars
};

class Checker {
 public:
  // All must outlive the checker. `positions` may be null.
  Checker(const Scope& scope, Report* report, SourceMap* positions)
      : scope_(scope), report_(*report), positions_(positions) {}

  // For ${group.path}.
  void set_group(std::string path) { group_ = std::move(path); }
  // `defaults` belong to no group: their ${...} is only inspected, and keys that no default can give are refused.
  void set_in_defaults(bool in_defaults) { in_defaults_ = in_defaults; }

  // `owner` is shown where something is missing. Always an object.
  [[nodiscard]] base::Json CheckTable(const Table& table, const Node& node, const std::string& path,
                                      const Place& owner);
  // One member; null where it was wrong.
  [[nodiscard]] base::Json CheckMember(const Key& key, const Member& member, const std::string& path);

 private:
  // What is being checked, for messages.
  struct At {
    const Key& key;
    const std::string& path;
    const Place& place;
  };
  base::Json CheckValue(const Key& key, const Node& node, const std::string& path, const Place& place);
  base::Json CheckScalar(const At& at, const Node& node);
  base::Json CheckInteger(const At& at, const Node& node);
  base::Json CheckDuration(const At& at, const Node& node);
  base::Json CheckCount(const At& at, const Node& node);
  base::Json CheckChoice(const At& at, const Node& node);
  base::Json CheckText(const At& at, const Node& node);
  base::Json CheckList(const At& at, const Node& node);
  base::Json CheckTextMap(const At& at, const Node& node);
  base::Json CheckTables(const At& at, const Node& node);
  base::Json FreeValue(const Node& node, const std::string& path, const Place& place);
  base::Json FreeScalar(const Node& node, const std::string& path);
  base::Json FreeMapping(const Node& node, const std::string& path);
  void UnknownKey(const Table& table, const Member& member, const std::string& path);

  base::Json Wrong(const At& at, const Node& node, const std::string& wanted, std::string remedy = {});

  // nullopt: reported. Without ${...} always the empty references.
  std::optional<model::References> Inspect(const std::string& text, const Node& node, const std::string& path,
                                           Interpolation allowed);
  // A scalar with its group-level ${...} filled in; nullopt where that failed (reported) or must wait.
  std::optional<Node> Resolve(const At& at, const Node& node);
  Place PlaceWithin(const Node& node, std::size_t offset, std::size_t length) const;
  void Locate(const std::string& path, const Place& place);

  const Scope& scope_;
  Report& report_;
  SourceMap* positions_;
  std::string group_;
  bool in_defaults_ = false;
};

}  // namespace kadende::lang
