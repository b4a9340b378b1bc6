#include "cli/view/terraform_plan.h"

#include <algorithm>
#include <set>
#include <vector>

#include "cli/view/json_writer.h"
#include "cli/view/terraform_additions.h"
#include "cli/view/terraform_changes.h"
#include "cli/view/terraform_nodes.h"
#include "cli/view/terraform_values.h"

namespace kadende::cli {
namespace {

using model::Plan;
using model::PlanGroup;
using model::ProviderRef;

constexpr const char* kPlanFormat = "1.2";
constexpr const char* kStateFormat = "1.0";
// The release of Terraform whose documents have this shape ("applyable" and "complete" came with it): readers ask for a
// version that they know, and ours would tell them nothing.
constexpr const char* kTerraformVersion = "1.8.0";

// Opaque to readers: the name alone, but for versions and addresses that a user asked for.
std::string ProviderKey(const ProviderRef& provider) {
  std::string key = provider.name;
  if (provider.version != ProviderRef().version) key += "@" + provider.version;
  if (!provider.url.empty()) key += "+" + provider.url;
  return key;
}

class Writer {
 public:
  Writer(const Plan& plan, const TerraformPlanOptions& options, const Sink& sink)
      : plan_(plan),
        options_(options),
        json_(sink),
        lines_(NodeLines(plan)),
        groups_(TerraformGroups(plan, lines_, options.state)),
        changes_(plan, groups_, values_, json_) {}

  void Write() {
    json_.BeginObject();
    json_.Field("format_version", kPlanFormat);
    json_.Field("terraform_version", kTerraformVersion);
    Variables();
    json_.Key("planned_values");
    Values([](const TerraformNode& node) { return node.ExistsAfter(); },
           [this](const TerraformNode& node) { values_.WriteAfter(json_, node); });
    json_.Key("resource_drift");
    changes_.WriteDrift();
    json_.Key("resource_changes");
    changes_.WriteChanges();
    PriorState();
    Configuration();
    json_.Key("relevant_attributes");
    changes_.WriteRelevantAttributes();
    json_.Field("timestamp", base::FormatRfc3339(plan_.made_at));
    Verdict();
    json_.Key("kadende");
    WriteAdditions(json_, plan_, options_);
    json_.EndObject();
    json_.Finish();
  }

 private:
  void Verdict() {
    const bool frozen = std::any_of(plan_.groups.begin(), plan_.groups.end(), [](const PlanGroup& group) {
      return !group.frozen.empty() || !group.not_looked_at.empty();
    });
    const bool errors = plan_.diagnostics.HasErrors();
    json_.Field("applyable", !errors && !plan_.IsEmpty());
    json_.Field("complete", !errors && !frozen && plan_.targets.empty());
    json_.Field("errored", errors);
  }

  void Variables() {
    if (options_.variables.empty()) return;
    json_.Key("variables");
    json_.BeginObject();
    for (const auto& [name, value] : options_.variables) {
      json_.Key(name);
      json_.BeginObject();
      json_.RawField("value", value);
      json_.EndObject();
    }
    json_.EndObject();
  }

  template <class Wanted, class WriteValues>
  void Values(Wanted wanted, WriteValues write_values) {
    json_.BeginObject();
    json_.Key("root_module");
    json_.BeginObject();
    json_.Key("resources");
    json_.BeginArray();
    for (const TerraformGroup& group : groups_) {
      ForEachNode(group, [&](const TerraformNode& node) {
        if (node.deposed || !wanted(node)) return;
        json_.BeginObject();
        WriteIdentity(json_, group, node.slot);
        json_.Field("schema_version", 0U);
        json_.Key("values");
        write_values(node);
        json_.RawField("sensitive_values", "{}");
        json_.EndObject();
      });
    }
    json_.EndArray();
    json_.EndObject();
    json_.EndObject();
  }

  // An adopted stray is there, but in no state yet.
  static bool IsImport(const TerraformNode& node) {
    return node.line != nullptr && node.line->verb == NodeVerb::kAdopt;
  }

  void PriorState() {
    json_.Key("prior_state");
    json_.BeginObject();
    json_.Field("format_version", kStateFormat);
    json_.Field("terraform_version", kTerraformVersion);
    json_.Key("values");
    Values([](const TerraformNode& node) { return node.ExistsBefore() && !IsImport(node); },
           [this](const TerraformNode& node) { values_.WriteBefore(json_, node); });
    json_.EndObject();
  }

  // The groups that are to be: what a file says of them, as far as the plan knows it.
  void Configuration() {
    json_.Key("configuration");
    json_.BeginObject();
    json_.Key("provider_config");
    ProviderConfigs();
    json_.Key("root_module");
    json_.BeginObject();
    json_.Key("resources");
    json_.BeginArray();
    for (const TerraformGroup& group : groups_) {
      if (IsConfigured(group)) Resource(group);
    }
    json_.EndArray();
    if (!options_.variables.empty()) {
      json_.Key("variables");
      json_.BeginObject();
      for (const auto& [name, value] : options_.variables) json_.RawField(name, "{}");
      json_.EndObject();
    }
    json_.EndObject();
    json_.EndObject();
  }

  static bool IsConfigured(const TerraformGroup& group) {
    return group.planned != nullptr && !group.planned->removed && group.revision != nullptr;
  }

  void ProviderConfigs() {
    std::set<std::string> seen;
    json_.BeginObject();
    for (const TerraformGroup& group : groups_) {
      if (!IsConfigured(group)) continue;
      const ProviderRef& provider = group.revision->provider;
      const std::string key = ProviderKey(provider);
      if (!seen.insert(key).second) continue;
      json_.Key(key);
      json_.BeginObject();
      json_.Field("name", provider.name);
      json_.Field("full_name", provider.url.empty() ? provider.name : provider.url);
      if (provider.version != ProviderRef().version) json_.Field("version_constraint", provider.version);
      json_.EndObject();
    }
    json_.EndObject();
  }

  void Resource(const TerraformGroup& group) {
    const model::GroupTarget& after = group.planned->after;
    json_.BeginObject();
    json_.Field("address", group.Address());
    json_.Field("mode", "managed");
    json_.Field("type", group.Type());
    json_.Field("name", group.path);
    json_.Field("provider_config_key", ProviderKey(group.revision->provider));
    json_.Key("expressions");
    TerraformValues::WriteExpressions(json_, *group.revision);
    json_.Field("schema_version", 0U);
    json_.Key(after.logical_ids.empty() ? "count_expression" : "for_each_expression");
    json_.BeginObject();
    if (after.logical_ids.empty()) {
      json_.Field("constant_value", after.size);
    } else {
      json_.Strings("constant_value", after.logical_ids);
    }
    json_.EndObject();
    DependsOn(after.policy.depends_on);
    json_.EndObject();
  }

  void DependsOn(const std::vector<std::string>& paths) {
    if (paths.empty()) return;
    json_.Key("depends_on");
    json_.BeginArray();
    for (const TerraformGroup& group : groups_) {  // sorted by path, as `paths` are
      if (std::binary_search(paths.begin(), paths.end(), group.path)) json_.String(group.Address());
    }
    json_.EndArray();
  }

  const Plan& plan_;
  const TerraformPlanOptions& options_;
  JsonWriter json_;
  const std::vector<std::vector<NodeLine>> lines_;
  const std::vector<TerraformGroup> groups_;
  TerraformValues values_;
  TerraformChanges changes_;
};

}  // namespace

void WriteTerraformPlan(const Plan& plan, const TerraformPlanOptions& options, const Sink& sink) {
  Writer(plan, options, sink).Write();
}

std::string TerraformPlanText(const Plan& plan, const TerraformPlanOptions& options) {
  std::string text;
  WriteTerraformPlan(plan, options, [&text](std::string_view piece) { text += piece; });
  return text;
}

}  // namespace kadende::cli
