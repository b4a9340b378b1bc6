#include "lang/variables.h"

#include <algorithm>

#include "engine/base/text.h"
#include "lang/parser.h"
#include "lang/values.h"

namespace kadende::lang {
namespace {

// JSON text of `text` as a value of `type`, or nothing where it is none.
std::optional<std::string> Typed(const std::string& type, const std::string& text) {
  if (type == "string") return base::QuoteJson(text);
  if (type == "boolean") {
    if (ClassifyPlain(text) != ScalarType::kBoolean) return std::nullopt;
    return text[0] == 't' || text[0] == 'T' ? "true" : "false";
  }
  if (const auto integer = ReadInteger(text)) return std::to_string(*integer);
  if (type == "integer") return std::nullopt;
  const auto number = ReadNumber(text);
  return number ? std::optional(base::Canonical(base::Json(*number))) : std::nullopt;
}

std::string WithArticle(const std::string& type) {
  return (type == "integer" ? "an " : "a ") + type;
}

class VariableReader {
 public:
  VariableReader(const std::map<std::string, std::string>& given, Report* report, Scope* scope, bool may_lack)
      : given_(given), may_lack_(may_lack), report_(*report), scope_(*scope), checker_(*scope, report, nullptr) {}

  void Read(const Member& declarations) {
    if (declarations.value.kind != NodeKind::kMapping) {
      report_.Error("variables", "`variables` must be a mapping, but is " + DescribeNode(declarations.value),
                    declarations.Where());
      return;
    }
    for (const Member& member : declarations.value.members) ReadOne(member);
  }

  void FindUnknown() {
    for (const auto& [name, value] : given_) {
      if (std::binary_search(scope_.declared.begin(), scope_.declared.end(), name)) continue;
      const auto nearest = report_.Nearest(name, scope_.declared);
      report_.Error({}, "a value is given for the variable `" + name + "`, which this file does not declare", {},
                    nearest ? "did you mean `" + *nearest + "`?" : "declare it under `variables`");
    }
  }

 private:
  void ReadOne(const Member& member) {
    const std::string path = "variables." + member.key;
    const Place& place = member.key_place;
    scope_.declared.push_back(member.key);
    if (auto problem = CheckVariableName(member.key)) {
      report_.Error(path, "the variable name `" + member.key + "` " + *problem, place);
      return;
    }
    if (member.value.kind != NodeKind::kMapping) {
      const bool scalar = member.value.kind == NodeKind::kScalar;
      report_.Error(path, "a variable is declared by a mapping, but this is " + DescribeNode(member.value),
                    member.Where(), scalar ? "write `" + member.key + ": {default: " + member.value.text + "}`" : "");
      return;
    }
    const Key* key = ClusterTable().Find("variables");
    const base::Json declared = checker_.CheckTable(*key->table, member.value, path, place);
    const bool wrong_type = member.value.Find("type") != nullptr && !declared.contains("type");
    if (!wrong_type) Assign(member, path, declared.value("type", "string"), declared.contains("default"));
  }

  void Assign(const Member& member, const std::string& path, const std::string& type, bool has_default) {
    const Member* fallback = member.value.Find("default");
    std::optional<std::string> value;
    if (has_default) {
      const Node& node = fallback->value;
      if (type == "string" || !node.quoted) value = Typed(type, node.text);
      if (!value) {
        report_.Error(path + ".default", "`default` must be " + WithArticle(type) + ", but is " + DescribeNode(node),
                      node.place);
      }
    }
    if (const auto given = given_.find(member.key); given != given_.end()) {
      value = Typed(type, given->second);
      if (!value) {
        report_.Error(path,
                      "the value `" + given->second + "` given for `" + member.key + "` is not " + WithArticle(type),
                      member.key_place);
      }
    } else if (fallback == nullptr && !may_lack_) {
      report_.Error(path, "the variable `" + member.key + "` has no value", member.key_place,
                    "give it one with --var " + member.key + "=VALUE, or a `default`");
    }
    if (value) scope_.variables[member.key] = std::move(*value);
  }

  const std::map<std::string, std::string>& given_;
  const bool may_lack_;
  Report& report_;
  Scope& scope_;
  Checker checker_;
};

}  // namespace

void ReadVariables(const Member* declarations, const std::map<std::string, std::string>& given, Report* report,
                   Scope* scope, bool may_lack) {
  VariableReader reader(given, report, scope, may_lack);
  if (declarations != nullptr) reader.Read(*declarations);
  std::sort(scope->declared.begin(), scope->declared.end());
  reader.FindUnknown();
}

VariableFile ParseVariables(std::string_view bytes, std::string_view file) {
  VariableFile result;
  const SourceText source(bytes, file);
  Document document = ReadYaml(source);
  result.diagnostics = std::move(document.diagnostics);
  Report report(source, &result.diagnostics);
  const Node& root = document.root;
  if (root.kind == NodeKind::kScalar || root.kind == NodeKind::kSequence) {
    report.Error({}, "a file of variables is a mapping of names to values, but this is " + DescribeNode(root),
                 root.place);
  }
  for (const Member& member : root.members) {
    if (member.value.kind == NodeKind::kScalar) {
      result.values[member.key] = member.value.text;
    } else {
      report.Error(member.key, "a variable's value is a single value, but this is " + DescribeNode(member.value),
                   member.key_place);
    }
  }
  report.Finish();
  return result;
}

}  // namespace kadende::lang
