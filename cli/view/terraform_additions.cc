#include "cli/view/terraform_additions.h"

#include <string>
#include <vector>

#include "cli/view/health_text.h"
#include "cli/view/plan_text.h"
#include "engine/plan/policy_diff.h"

namespace kadende::cli {
namespace {

constexpr std::uint32_t kFormat = 1;

void Counts(JsonWriter& json, const model::ChangeCounts& counts) {
  json.Key("counts");
  json.BeginObject();
  json.Field("create", counts.create);
  json.Field("update", counts.update);
  json.Field("destroy", counts.destroy);
  json.Field("replace", counts.replace);
  json.Field("unchanged", counts.unchanged);
  json.Field("strays", counts.strays);
  json.EndObject();
}

void Properties(JsonWriter& json, const model::PlanGroup& group) {
  json.Key("properties");
  json.BeginArray();
  for (const model::PropertyChange& change : group.properties) {
    json.BeginObject();
    json.Field("path", change.path);
    json.OptionalField("before", change.before);
    json.OptionalField("after", change.after);
    json.Field("forces_replacement", change.forces_replacement);
    json.EndObject();
  }
  json.EndArray();
}

// What people's holds keep from being done.
void Held(JsonWriter& json, const model::PlanGroup& group) {
  json.Key("held_back");
  json.BeginArray();
  for (const model::HeldChange& change : group.held) {
    json.BeginObject();
    json.Field("slot", change.slot.Key());
    json.Field("action", change.replace ? "replace" : model::ActionKindName(change.kind));
    json.Field("reason", model::ReasonName(change.reason));
    json.EndObject();
  }
  json.EndArray();
}

void Group(JsonWriter& json, const model::PlanGroup& group) {
  json.BeginObject();
  json.Field("path", group.path);
  json.OptionalField("moved_from", group.moved_from);
  json.Field("new", group.is_new);
  json.Field("removed", group.removed);
  json.Field("size_before", group.is_new ? 0U : group.before.size);
  json.Field("size_after", group.removed ? 0U : group.after.size);
  Counts(json, group.counts);
  json.Field("lowest_live", group.lowest_live);
  json.Field("highest_total", group.highest_total);
  if (group.approval) {
    json.Key("approval");
    json.BeginObject();
    json.Field("destroys", group.approval->destroys);
    json.Field("of", group.approval->of);
    json.Field("destroy_more_than", group.approval->limit.ToText());
    json.EndObject();
  }
  json.Field("order", group.destroy_first ? "destroy_first" : "launch_first");
  json.OptionalField("order_reason", group.order_reason);
  Properties(json, group);
  json.Strings("policy_changes", group.policy_changes);
  if (group.is_new) json.Strings("policy", plan::FirstPolicy(group.after.policy));
  json.Strings("notes", group.notes);
  Held(json, group);
  json.EndObject();
}

void Brake(JsonWriter& json, std::string_view kind, const std::string& group, const std::string& reason,
           base::TimePoint since = {}, base::TimePoint until = {}) {
  json.BeginObject();
  json.Field("kind", kind);
  json.Field("group", group);
  json.Field("reason", reason);
  if (since != base::TimePoint{}) json.Field("since", base::FormatRfc3339(since));
  if (until != base::TimePoint{}) json.Field("until", base::FormatRfc3339(until));
  json.EndObject();
}

// What holds automation back: the plan's own words for frozen groups, the rest as recorded.
void Brakes(JsonWriter& json, const model::Plan& plan, const model::ClusterState* state) {
  json.Key("brakes");
  json.BeginArray();
  for (const model::PlanGroup& group : plan.groups) {
    if (!group.frozen.empty()) Brake(json, "frozen", group.path, group.frozen);
    if (!group.not_looked_at.empty()) Brake(json, "notLookedAt", group.path, group.not_looked_at);
  }
  if (state != nullptr) {
    for (const auto& [path, group] : state->groups) {
      for (const model::Brake& brake : group.record.brakes) {
        Brake(json, model::BrakeName(brake.kind), path, brake.detail, brake.since, brake.until);
      }
      const model::CreateBackoff& backoff = group.record.backoff;
      if (backoff.next_at > plan.made_at) Brake(json, "backoff", path, backoff.last_error, {}, backoff.next_at);
    }
  }
  json.EndArray();
}

// In force when the plan was made.
void Holds(JsonWriter& json, const model::Plan& plan) {
  json.Key("holds");
  json.BeginArray();
  for (const model::PlanGroup& group : plan.groups) {
    const std::string& path = group.path;
    for (const model::Hold& hold : group.holds) {
      json.BeginObject();
      json.Field("group", path);
      json.OptionalField("slot", hold.slot_key);
      json.Field("owner", hold.owner);
      json.Field("reason", hold.reason);
      json.Field("since", base::FormatRfc3339(hold.since));
      if (hold.until != base::TimePoint{}) json.Field("until", base::FormatRfc3339(hold.until));
      if (!hold.only.empty()) json.Strings("only", model::ProcessNames(hold.only));
      json.EndObject();
    }
  }
  json.EndArray();
}

// Those that the last apply did not run.
void Plugins(JsonWriter& json, const model::Plan& plan) {
  if (plan.plugins.empty()) return;
  json.Key("plugins");
  json.BeginArray();
  for (const model::PluginPin& pin : plan.plugins) {
    json.BeginObject();
    json.Field("name", pin.name);
    json.Field("version", pin.version);
    json.OptionalField("url", pin.url);
    json.Key("sha256");
    json.BeginObject();
    for (const auto& [platform, hash] : pin.hashes) json.Field(platform, base::ToHex(hash));
    json.EndObject();
    json.EndObject();
  }
  json.EndArray();
}

void Diagnostics(JsonWriter& json, const model::Plan& plan) {
  json.Key("diagnostics");
  json.BeginArray();
  for (const auto& item : plan.diagnostics.items()) {
    json.BeginObject();
    json.Field("severity", item.severity == base::Severity::kError ? "error" : "warning");
    json.Field("message", item.message);
    json.OptionalField("path", item.path);
    json.OptionalField("remedy", item.remedy);
    json.EndObject();
  }
  json.EndArray();
}

void PlanOptions(JsonWriter& json, const model::Plan& plan) {
  json.Key("options");
  json.BeginObject();
  json.Field("destroy", plan.destroy);
  json.Field("offline", plan.offline);
  json.Field("continues_run", plan.continues_run);
  json.Field("abandons_run", plan.abandons_run);
  json.Strings("targets", plan.targets);
  json.Strings("replaces", plan.replaces);
  json.EndObject();
}

}  // namespace

void WriteAdditions(JsonWriter& json, const model::Plan& plan, const TerraformPlanOptions& options) {
  json.BeginObject();
  json.Field("format", kFormat);
  json.Field("version", options.version);
  json.Field("cluster", plan.cluster);
  json.OptionalField("renamed_from", plan.renamed_from);
  json.Field("lineage", plan.lineage);
  json.Field("serial", plan.serial);
  json.Field("spec_hash", base::ToHex(plan.spec_hash));
  json.Field("spec_changed", plan.spec_changed);
  if (!plan.hash.IsZero()) json.Field("hash", base::ToHex(plan.hash));
  json.Field("needs_approval", plan.NeedsApproval());
  json.Field("summary", PlanSummary(plan));
  json.Field("prior", options.state == nullptr ? "plan" : "state");
  Counts(json, plan.counts);
  PlanOptions(json, plan);
  Brakes(json, plan, options.state);
  Holds(json, plan);
  Plugins(json, plan);
  json.Strings("notes", plan.notes);
  Diagnostics(json, plan);
  json.Key("groups");
  json.BeginArray();
  for (const model::PlanGroup& group : plan.groups) Group(json, group);
  json.EndArray();
  json.EndObject();
}

}  // namespace kadende::cli
