#include "engine/model/plan_json.h"

#include <algorithm>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "engine/base/json.h"
#include "engine/base/text.h"
#include "engine/model/plan_compare.h"
#include "engine/model/plan_holds_json.h"
#include "engine/model/plugin_pin_json.h"
#include "engine/model/policy_json.h"

namespace kadende::model {
namespace {

using base::ErrorCode;
using base::Fail;
using base::Json;

constexpr int kPlanFormat = 1;
constexpr std::string_view kDigestKey = "\"digest\":\"";  // the first key of a saved plan
constexpr const char* kChangedSince = "it was changed since it was saved; plan again";

// Actions that differ in nothing but their slot, in rising order of ordinals: one entry of the document.
struct Run {
  const Action* first = nullptr;
  std::uint32_t last_ordinal = 0;
};

// Instances matter to a reviewer only for strays: a node's own may be healed between plan and apply.
std::string_view InstanceOf(const Action& action) {
  return action.reason == Reason::kStray ? std::string_view(action.instance_id) : std::string_view();
}

// Everything but the slot.
auto Likeness(const Action& action) {
  return std::tuple(action.group, action.kind, action.reason, action.replace, action.settle, action.from_revision,
                    action.to_revision, action.incarnation, InstanceOf(action));
}

bool Continues(const Run& run, const Action& action) {
  return Likeness(action) == Likeness(*run.first) && action.slot.logical_id.empty() &&
         run.first->slot.logical_id.empty() && InstanceOf(action).empty() &&
         action.slot.ordinal == run.last_ordinal + 1;
}

// The document needs no order of execution, so like stands beside like and ranges are long.
std::vector<const Action*> Arranged(const ActionGraph& graph) {
  std::vector<const Action*> actions;
  actions.reserve(graph.actions.size());
  for (const Action& action : graph.actions) actions.push_back(&action);
  std::sort(actions.begin(), actions.end(), [](const Action* a, const Action* b) {
    return std::pair(Likeness(*a), a->slot.ordinal) < std::pair(Likeness(*b), b->slot.ordinal);
  });
  return actions;
}

Json RevisionToJson(const PlanRevision& revision) {
  return {{"id", base::ToHex(revision.id)},
          {"provider", revision.provider.name},
          {"version", revision.provider.version},
          {"url", revision.provider.url},
          {"properties", Json::parse(revision.properties)},
          {"labels", revision.labels}};
}

std::string RevisionName(const Plan& plan, const Action& action, std::uint16_t index) {
  const auto& revisions = plan.groups[action.group].revisions;
  return index < revisions.size() ? base::ToHex(revisions[index].id) : std::string();
}

Json EntryToJson(const Plan& plan, const Run& run) {
  const Action& action = *run.first;
  Json json = {{"kind", ActionKindName(action.kind)},
               {"reason", ReasonName(action.reason)},
               {"group", plan.groups[action.group].path},
               {"incarnation", action.incarnation}};
  if (!action.OfWholeGroup()) {
    json["first"] = action.slot.ordinal;
    json["last"] = run.last_ordinal;
  }
  if (!action.slot.logical_id.empty()) json["logicalId"] = action.slot.logical_id;
  if (const auto instance = InstanceOf(action); !instance.empty()) json["instance"] = instance;
  if (action.replace) json["replace"] = true;
  if (action.settle) json["settle"] = true;
  if (const auto from = RevisionName(plan, action, action.from_revision); !from.empty()) json["from"] = from;
  if (const auto to = RevisionName(plan, action, action.to_revision); !to.empty()) json["to"] = to;
  return json;
}

Json ActionsToJson(const Plan& plan) {
  Json entries = Json::array();
  Run run;
  for (const Action* action : Arranged(plan.graph)) {
    if (run.first != nullptr && Continues(run, *action)) {
      run.last_ordinal = action->slot.ordinal;
      continue;
    }
    if (run.first != nullptr) entries.push_back(EntryToJson(plan, run));
    run = {action, action->slot.ordinal};
  }
  if (run.first != nullptr) entries.push_back(EntryToJson(plan, run));
  return entries;
}

Json GroupToJson(const PlanGroup& group) {
  Json revisions = Json::array();
  for (const PlanRevision& revision : group.revisions) revisions.push_back(RevisionToJson(revision));
  Json properties = Json::array();
  for (const PropertyChange& change : group.properties) {
    properties.push_back({{"path", change.path},
                          {"before", change.before},
                          {"after", change.after},
                          {"forcesReplacement", change.forces_replacement}});
  }
  Json json = {{"path", group.path},
               {"before", Json::parse(TargetToJson(group.before))},
               {"after", Json::parse(TargetToJson(group.after))},
               {"revisions", std::move(revisions)},
               {"properties", std::move(properties)},
               {"policyChanges", group.policy_changes},
               {"lowestLive", group.lowest_live},
               {"highestTotal", group.highest_total},
               {"counts",
                {{"create", group.counts.create},
                 {"update", group.counts.update},
                 {"destroy", group.counts.destroy},
                 {"replace", group.counts.replace},
                 {"unchanged", group.counts.unchanged},
                 {"strays", group.counts.strays}}}};
  if (!group.moved_from.empty()) json["movedFrom"] = group.moved_from;
  if (!group.frozen.empty()) json["frozen"] = group.frozen;
  if (!group.not_looked_at.empty()) json["notLookedAt"] = group.not_looked_at;
  if (!group.notes.empty()) json["notes"] = group.notes;
  WriteHolds(group, json);
  if (group.destroy_first) json["destroyFirst"] = group.order_reason;
  if (group.approval) {
    json["approval"] = {{"destroys", group.approval->destroys},
                        {"of", group.approval->of},
                        {"destroyMoreThan", group.approval->limit.ToText()}};
  }
  if (group.rollout) {
    json["rollout"] = {{"renewed", group.rollout->renewed},
                       {"waiting", group.rollout->waiting},
                       {"stop", RolloutStopName(group.rollout->stop)}};
  }
  if (group.is_new) json["new"] = true;
  if (group.removed) json["removed"] = true;
  return json;
}

Json ToJson(const Plan& plan) {
  Json groups = Json::array();
  for (const PlanGroup& group : plan.groups) groups.push_back(GroupToJson(group));
  Json json = {{"format", kPlanFormat},
               {"cluster", plan.cluster},
               {"lineage", plan.lineage},
               {"serial", plan.serial},
               {"specHash", base::ToHex(plan.spec_hash)},
               {"madeAt", base::FormatRfc3339(plan.made_at)},
               {"summary",
                {{"add", plan.counts.create + plan.counts.replace},
                 {"change", plan.counts.update},
                 {"destroy", plan.counts.destroy + plan.counts.replace}}},
               {"groups", std::move(groups)},
               {"actions", ActionsToJson(plan)},
               {"options",
                {{"destroy", plan.destroy},
                 {"offline", plan.offline},
                 {"continuesRun", plan.continues_run},
                 {"abandonsRun", plan.abandons_run},
                 {"specChanged", plan.spec_changed},
                 {"targets", plan.targets},
                 {"replaces", plan.replaces}}}};
  if (!plan.hash.IsZero()) json["hash"] = base::ToHex(plan.hash);
  if (plan.reverses_destroy) json["options"]["reversesDestroy"] = true;
  if (plan.secrets_compared) json["options"]["secretsCompared"] = true;
  if (!plan.renamed_from.empty()) json["renamedFrom"] = plan.renamed_from;
  if (!plan.rollback.empty()) json["rollback"] = plan.rollback;
  if (!plan.notes.empty()) json["notes"] = plan.notes;
  if (!plan.plugins.empty()) json["plugins"] = PinsToJson(plan.plugins);
  return json;
}

// Everything below reads with exceptions of the JSON library; FromJson's caller turns them into an Error.
base::Digest ReadDigest(const Json& json) {
  const auto digest = base::DigestFromHex(json.get<std::string>());
  if (!digest) throw std::invalid_argument("an id is not 64 hexadecimal digits");
  return *digest;
}

GroupTarget ReadTarget(const Json& json) {
  auto target = TargetFromJson(base::Canonical(json));
  if (!target) throw std::invalid_argument(target.error().message);
  return *std::move(target);
}

PlanRevision ReadRevision(const Json& json) {
  PlanRevision revision;
  revision.id = ReadDigest(json.at("id"));
  revision.provider = {json.at("provider"), json.at("version"), json.at("url")};
  revision.properties = base::Canonical(json.at("properties"));
  revision.labels = json.at("labels").get<std::map<std::string, std::string>>();
  return revision;
}

ApprovalNeed ReadNeed(const Json& json) {
  const std::string limit = json.at("destroyMoreThan").get<std::string>();
  return {json.at("destroys"), json.at("of"), {static_cast<std::uint32_t>(std::stoul(limit)), limit.ends_with('%')}};
}

PlanGroup ReadGroup(const Json& json) {
  PlanGroup group;
  group.path = json.at("path");
  group.before = ReadTarget(json.at("before"));
  group.after = ReadTarget(json.at("after"));
  for (const Json& revision : json.at("revisions")) group.revisions.push_back(ReadRevision(revision));
  for (const Json& change : json.at("properties")) {
    group.properties.push_back(
        {change.at("path"), change.at("before"), change.at("after"), change.at("forcesReplacement")});
  }
  group.policy_changes = json.at("policyChanges").get<std::vector<std::string>>();
  group.lowest_live = json.at("lowestLive");
  group.highest_total = json.at("highestTotal");
  const Json& counts = json.at("counts");
  group.counts = {counts.at("create"),  counts.at("update"),    counts.at("destroy"),
                  counts.at("replace"), counts.at("unchanged"), counts.at("strays")};
  group.moved_from = json.value("movedFrom", std::string());
  group.frozen = json.value("frozen", std::string());
  group.not_looked_at = json.value("notLookedAt", std::string());
  group.notes = json.value("notes", std::vector<std::string>());
  ReadHolds(json, group);
  if (json.contains("rollout")) {
    const Json& rollout = json.at("rollout");
    group.rollout = PlanRollout{rollout.at("renewed"), rollout.at("waiting"),
                                ParseRolloutStop(rollout.at("stop").get<std::string>()).value_or(RolloutStop::kPerson)};
  }
  group.destroy_first = json.contains("destroyFirst");
  group.order_reason = json.value("destroyFirst", std::string());
  if (json.contains("approval")) group.approval = ReadNeed(json.at("approval"));
  group.is_new = json.value("new", false);
  group.removed = json.value("removed", false);
  return group;
}

std::uint16_t IndexOf(const PlanGroup& group, const Json& entry, const char* key) {
  if (!entry.contains(key)) return kNoRevision;
  const base::Digest wanted = ReadDigest(entry.at(key));
  for (std::size_t i = 0; i < group.revisions.size(); ++i) {
    if (group.revisions[i].id == wanted) return static_cast<std::uint16_t>(i);
  }
  throw std::invalid_argument("an action names a revision that its group does not have");
}

void ReadEntry(const Json& entry, const std::map<std::string, std::uint32_t>& groups, Plan& plan) {
  const auto kind = ParseActionKind(entry.at("kind").get<std::string>());
  const auto reason = ParseReason(entry.at("reason").get<std::string>());
  const auto group = groups.find(entry.at("group").get<std::string>());
  if (!kind || !reason || group == groups.end()) throw std::invalid_argument("an action is not understood");
  Action action;
  action.kind = *kind;
  action.reason = *reason;
  action.group = group->second;
  action.replace = entry.value("replace", false);
  action.settle = entry.value("settle", false);
  action.incarnation = entry.at("incarnation");
  action.instance_id = entry.value("instance", std::string());
  action.slot.logical_id = entry.value("logicalId", std::string());
  action.from_revision = IndexOf(plan.groups[action.group], entry, "from");
  action.to_revision = IndexOf(plan.groups[action.group], entry, "to");
  const std::uint32_t first = entry.value("first", 0U);
  const std::uint32_t last = entry.value("last", 0U);
  // Guards the loop against a document that was tampered with: no group is larger (lang's limit is a tenth).
  if (last < first || last - first > 10'000'000)
    throw std::invalid_argument("an action has an impossible range of slots");
  for (std::uint32_t ordinal = first; ordinal <= last; ++ordinal) {
    action.slot.ordinal = ordinal;
    plan.graph.actions.push_back(action);
  }
}

Plan ReadPlan(const Json& json) {
  if (json.at("format") != kPlanFormat) {
    throw std::invalid_argument("it has format " + json.at("format").dump() + ", this version reads format " +
                                std::to_string(kPlanFormat));
  }
  Plan plan;
  plan.cluster = json.at("cluster");
  plan.renamed_from = json.value("renamedFrom", std::string());
  plan.rollback = json.value("rollback", std::string());
  plan.lineage = json.at("lineage");
  plan.serial = json.at("serial");
  plan.spec_hash = ReadDigest(json.at("specHash"));
  if (json.contains("hash")) plan.hash = ReadDigest(json.at("hash"));
  plan.made_at = base::ParseRfc3339(json.at("madeAt").get<std::string>()).value_or(base::TimePoint{});
  const Json& options = json.at("options");
  plan.destroy = options.at("destroy");
  plan.offline = options.at("offline");
  plan.continues_run = options.at("continuesRun");
  plan.abandons_run = options.at("abandonsRun");
  plan.reverses_destroy = options.value("reversesDestroy", false);
  plan.spec_changed = options.at("specChanged");
  plan.secrets_compared = options.value("secretsCompared", false);
  plan.targets = options.at("targets").get<std::vector<std::string>>();
  plan.replaces = options.at("replaces").get<std::vector<std::string>>();
  plan.notes = json.value("notes", std::vector<std::string>());
  if (json.contains("plugins")) plan.plugins = PinsFromJson(json.at("plugins"));
  std::map<std::string, std::uint32_t> groups;
  for (const Json& group : json.at("groups")) {
    plan.groups.push_back(ReadGroup(group));
    groups.emplace(plan.groups.back().path, static_cast<std::uint32_t>(plan.groups.size() - 1));
    const ChangeCounts& counts = plan.groups.back().counts;
    plan.counts.create += counts.create;
    plan.counts.update += counts.update;
    plan.counts.destroy += counts.destroy;
    plan.counts.replace += counts.replace;
    plan.counts.unchanged += counts.unchanged;
    plan.counts.strays += counts.strays;
  }
  for (const Json& entry : json.at("actions")) ReadEntry(entry, groups, plan);
  return plan;
}

// Of a saved plan alone, for its readers: applying it looks anew. Text, because all nodes may have drifted.
std::string DriftsToText(const Plan& plan) {
  std::string text;
  for (const Drift& drift : plan.drift) {
    if (drift.group >= plan.groups.size()) continue;
    text += (text.empty() ? "{" : ",{");
    if (!drift.detail.empty()) text += "\"detail\":" + base::QuoteJson(drift.detail) + ",";
    text += "\"group\":" + base::QuoteJson(plan.groups[drift.group].path) +
            ",\"incarnation\":" + std::to_string(drift.incarnation);
    if (!drift.instance_id.empty()) text += ",\"instance\":" + base::QuoteJson(drift.instance_id);
    if (!drift.slot.logical_id.empty()) text += ",\"logicalId\":" + base::QuoteJson(drift.slot.logical_id);
    text += ",\"ordinal\":" + std::to_string(drift.slot.ordinal) + ",\"reason\":\"" +
            std::string(ReasonName(drift.reason)) + "\"}";
  }
  return "[" + text + "]";
}

void ReadDrifts(const Json& json, Plan& plan) {
  std::map<std::string, std::uint32_t> groups;
  for (const PlanGroup& group : plan.groups) groups.emplace(group.path, static_cast<std::uint32_t>(groups.size()));
  for (const Json& entry : json) {
    const auto group = groups.find(entry.at("group").get<std::string>());
    const auto reason = ParseReason(entry.at("reason").get<std::string>());
    if (group == groups.end() || !reason) throw std::invalid_argument("a drift is not understood");
    Drift drift;
    drift.group = group->second;
    drift.slot.ordinal = entry.at("ordinal");
    drift.slot.logical_id = entry.value("logicalId", std::string());
    drift.incarnation = entry.at("incarnation");
    drift.reason = *reason;
    drift.instance_id = entry.value("instance", std::string());
    drift.detail = entry.value("detail", std::string());
    plan.drift.push_back(std::move(drift));
  }
}

// Guards against accidents and careless hands; who means harm is met under the lock, where everything is planned again.
void CheckDigest(std::string_view text) {
  const std::size_t value = 1 + kDigestKey.size();
  const std::size_t rest = value + 64 + 2;  // the digits, `",`
  if (text.size() < rest || text.substr(1, kDigestKey.size()) != kDigestKey ||
      base::ToHex(base::Sha256("{" + std::string(text.substr(rest)))) != text.substr(value, 64)) {
    throw std::invalid_argument(kChangedSince);
  }
}

template <class Read>
auto Guarded(std::string_view text, const char* what, Read read) -> base::Result<decltype(read(Json()))> {
  auto json = base::ParseJson(text);
  if (!json) return Fail(ErrorCode::kInvalid, std::string(what) + " cannot be read: " + json.error().message);
  try {
    return read(*json);
  } catch (const std::exception& exception) {
    return Fail(ErrorCode::kInvalid, std::string(what) + " cannot be read: " + exception.what());
  }
}

}  // namespace

std::string PlanToJson(const Plan& plan) {
  return base::Canonical(ToJson(plan));
}

base::Result<Plan> PlanFromJson(std::string_view text) {
  return Guarded(text, "the plan", ReadPlan);
}

std::string SavedPlanToJson(const SavedPlan& saved) {
  Json json = {{"kadende_plan", kSavedPlanFormat}, {"plan", ToJson(saved.plan)},    {"spec", saved.spec_text},
               {"specPath", saved.spec_path},      {"specPlace", saved.spec_place}, {"stateDir", saved.state_dir},
               {"variables", saved.variables},     {"kadende", saved.tool_version}};
  std::string text = base::Canonical(json) + "\n";
  if (!saved.plan.drift.empty()) text.insert(1, "\"drift\":" + DriftsToText(saved.plan) + ",");
  return text.insert(1, std::string(kDigestKey) + base::ToHex(base::Sha256(text)) + "\",");
}

base::Result<SavedPlan> SavedPlanFromJson(std::string_view text) {
  return Guarded(text, "the saved plan", [text](const Json& json) {
    if (!json.contains("kadende_plan")) throw std::invalid_argument("it is not a saved plan of kadende");
    const int format = json.at("kadende_plan");
    if (format > kSavedPlanFormat) {
      const std::string version = json.value("kadende", std::string());
      throw std::invalid_argument("it was saved by another version of kadende; plan again" +
                                  (version.empty() ? "" : " (that was kadende " + version + ")"));
    }
    if (format > 1 || json.contains("digest")) CheckDigest(text);
    SavedPlan saved;
    saved.plan = ReadPlan(json.at("plan"));
    if (json.contains("drift")) ReadDrifts(json.at("drift"), saved.plan);
    saved.spec_text = json.at("spec");
    saved.spec_path = json.at("specPath");
    saved.spec_place = json.value("specPlace", std::string());
    saved.state_dir = json.at("stateDir");
    saved.tool_version = json.value("kadende", std::string());
    saved.variables = json.at("variables").get<std::map<std::string, std::string>>();
    const base::Digest hash = PlanHash(saved.plan);
    if (!saved.plan.hash.IsZero() && saved.plan.hash != hash) throw std::invalid_argument(kChangedSince);
    saved.plan.hash = hash;
    return saved;
  });
}

}  // namespace kadende::model
