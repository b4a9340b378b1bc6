#include "lang/parser.h"

#include <algorithm>
#include <utility>

#include "engine/base/digest.h"
#include "engine/base/text.h"
#include "engine/model/spec_hash.h"
#include "lang/bind.h"
#include "lang/checker.h"
#include "lang/group_rules.h"
#include "lang/groups.h"
#include "lang/validate.h"
#include "lang/values.h"
#include "lang/variables.h"
#include "lang/yaml_reader.h"

namespace kadende::lang {
namespace {

using base::Json;

// Values of all groups with their defaults; a large `defaults` in thousands of groups would not fit into memory.
constexpr std::size_t kMaxMergedNodes = 2'000'000;

// One run over one file. Members are in the order in which they are filled.
class FileParser {
 public:
  FileParser(const SourceText& source, const ParseOptions& options, Document document, ParsedSpec* out)
      : options_(options), out_(*out), root_(std::move(document.root)), report_(source, &out->diagnostics) {
    out_.diagnostics = std::move(document.diagnostics);
  }

  void Run() {
    if (root_.kind != NodeKind::kMapping) {
      if (!out_.diagnostics.HasErrors()) NoMapping();
    } else {
      ReadCluster();
      ReadVariables(variables_ ? &*variables_ : nullptr, options_.variables, &report_, &scope_,
                    options_.variables_may_lack);
      ReadDefaults();
      ReadGroups();
    }
    out_.spec.variables = scope_.variables;
    report_.Finish();
  }

 private:
  void NoMapping() {
    const bool empty = root_.IsNull();
    report_.Error({}, empty ? "the file is empty" : "a cluster is a mapping, but this is " + DescribeNode(root_),
                  empty ? Place{} : root_.place, "a cluster needs `version`, `name` and `groups`");
  }

  // What comes later is taken out of the tree; its member stays, so that it counts as given.
  void TakeLater() {
    for (Member& member : root_.members) {
      std::optional<Member>* later = member.key == "variables"  ? &variables_
                                     : member.key == "defaults" ? &defaults_
                                     : member.key == "groups"   ? &groups_
                                                                : nullptr;
      if (later == nullptr || later->has_value()) continue;
      Node value = std::exchange(member.value, Node{});  // moved: it may be the whole file
      later->emplace(member).value = std::move(value);
    }
  }

  void ReadCluster() {
    TakeLater();
    Checker checker(scope_, &report_, &out_.positions);
    const Place start = root_.members.empty() ? root_.place : root_.members.front().key_place;
    const Json cluster = checker.CheckTable(ClusterTable(), root_, "", start);
    out_.spec.name = cluster.value("name", "");
    out_.spec.version = cluster.value("version", "");
    out_.spec.id = cluster.value("id", "");
    out_.spec.tool_versions = cluster.value("kadende", "");
    out_.spec.plugin_index = cluster.value("pluginIndex", "");
    scope_.cluster_name = out_.spec.name;
    scope_.cluster_version = out_.spec.version;
    CheckToolVersion();
    ReadState(cluster);
    ReadApproval(cluster);
  }

  // What was wrong with it was reported, and keeps the file from being used.
  void ReadApproval(const Json& cluster) {
    const Json approval = cluster.value("approval", Json::object());
    if (!approval.is_object()) return;
    const Json limit = approval.value("destroyMoreThan", Json());
    if (limit.is_string()) destroy_more_than_ = ReadCountOrPercent(limit.get_ref<const std::string&>());
  }

  void ReadState(const Json& cluster) {
    const Json state = cluster.value("state", Json::object());
    if (!state.is_object()) return;
    if (state.contains("remote") && state["remote"].is_string()) out_.spec.state_remote = state["remote"];
    out_.spec.continue_on_remote_loss = state.value("onRemoteLoss", Json()) == "continue";
  }

  void CheckToolVersion() {
    if (out_.spec.tool_versions.empty()) return;
    const auto required = ReadVersions(out_.spec.tool_versions);
    if (!required || Satisfies(*required, KADENDE_VERSION)) return;
    report_.Error("kadende", "this file is for kadende " + out_.spec.tool_versions + ", and this is " KADENDE_VERSION,
                  Positions(out_.positions, {}).Of("kadende"), "install a version that the file allows");
  }

  void ReadDefaults() {
    if (!defaults_) return;
    if (defaults_->value.kind != NodeKind::kMapping) {
      report_.Error("defaults", "`defaults` must be a mapping, but is " + DescribeNode(defaults_->value),
                    defaults_->Where());
      defaults_.reset();
      return;
    }
    Checker checker(scope_, &report_, nullptr);
    checker.set_in_defaults(true);
    (void)checker.CheckTable(GroupTable(), defaults_->value, "defaults", defaults_->key_place);
    // What no default can give was reported, and must not be reported again in each group.
    std::erase_if(defaults_->value.members, [](const Member& member) {
      const Key* key = GroupTable().Find(member.key);
      return key == nullptr || !key->in_defaults;
    });
  }

  void ReadGroups() {
    if (!groups_) return;
    const std::vector<FoundGroup> found = FindGroups(*groups_, &report_);
    if (defaults_ && CountNodes(defaults_->value) * found.size() > kMaxMergedNodes) {
      report_.Error("defaults",
                    "`defaults` in each of " + base::Count(found.size(), "group") + " are more than " +
                        base::GroupDigits(kMaxMergedNodes) + " values",
                    defaults_->key_place, "keep `defaults` small, or the groups few");
      return;
    }
    Checker checker(scope_, &report_, &out_.positions);
    const Positions positions(out_.positions, groups_->key_place);
    for (const FoundGroup& group : found) ReadGroup(group, positions, &checker);
    auto& groups = out_.spec.groups;
    std::sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    ValidateGroups(&groups, positions, &report_);
  }

  void ReadGroup(const FoundGroup& group, const Positions& positions, Checker* checker) {
    const Member& member = *group.member;
    out_.positions.insert_or_assign(group.yaml_path, report_.source().Range(member.key_place));
    checker->set_group(group.path);
    const Node merged = defaults_ ? MergeDefaults(defaults_->value, member.value) : Node{};
    const Json checked =
        checker->CheckTable(GroupTable(), defaults_ ? merged : member.value, group.yaml_path, member.key_place);
    out_.spec.groups.push_back(BindGroup(checked, group.path));
    out_.spec.groups.back().policy.destroy_more_than = destroy_more_than_;
    CheckGroup(checked, out_.spec.groups.back(), group.yaml_path, positions, &report_);
  }

  const ParseOptions& options_;
  ParsedSpec& out_;
  Node root_;
  Report report_;
  Scope scope_;
  std::optional<Member> variables_;
  std::optional<Member> defaults_;
  std::optional<Member> groups_;
  std::optional<model::CountOrPercent> destroy_more_than_;
};

}  // namespace

ParsedSpec Parse(std::string_view bytes, const ParseOptions& options) {
  ParsedSpec out;
  const SourceText source(bytes, options.file);
  FileParser(source, options, ReadYaml(source), &out).Run();
  if (!out.diagnostics.HasErrors()) {
    out.spec.text = bytes;
    out.spec.hash = model::SpecHash(out.spec.text, out.spec.variables);
  }
  return out;
}

}  // namespace kadende::lang
