#include "state/git_documents.h"

#include <exception>
#include <utility>

#include "engine/base/json.h"
#include "engine/base/time.h"
#include "engine/model/plugin_pin_json.h"
#include "engine/model/policy_json.h"

namespace kadende::state {
namespace {

using base::Json;

// Thrown by the helpers below and caught at the doors of this file; keeps the shape of documents readable.
struct Malformed {
  base::Error error;
};

[[noreturn]] void Throw(base::ErrorCode code, std::string message) {
  throw Malformed{base::Error{code, std::move(message), base::Effect::kNone, std::nullopt}};
}

Json Parse(std::string_view text, const char* what) {
  auto parsed = base::ParseJson(text);
  if (!parsed) Throw(parsed.error().code, std::string(what) + ": " + parsed.error().message);
  return std::move(*parsed);
}

std::string Pretty(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

void CheckFormat(const Json& json) {
  const int format = json.value("format", 0);
  if (format < 1) Throw(base::ErrorCode::kCorrupt, "no format number");
  if (format > kTreeFormat) {
    Throw(base::ErrorCode::kInvalid, "written by a newer kadende (format " + std::to_string(format) +
                                         ", this one reads " + std::to_string(kTreeFormat) + "); update kadende");
  }
}

base::Digest ReadDigest(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end()) return {};
  const auto digest = base::DigestFromHex(found->get<std::string>());
  if (!digest) Throw(base::ErrorCode::kCorrupt, std::string(key) + " is not 64 hex digits");
  return *digest;
}

Json Time(base::TimePoint time) {
  return base::FormatRfc3339(time, true);
}

base::TimePoint ReadTime(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end()) return {};
  const auto time = base::ParseRfc3339(found->get<std::string>());
  if (!time) Throw(base::ErrorCode::kCorrupt, std::string(key) + " is not a time");
  return *time;
}

model::GroupTarget ReadTarget(const Json& json) {
  auto target = model::TargetFromJson(base::Canonical(json));
  if (!target) Throw(target.error().code, target.error().message);
  return std::move(*target);
}

model::GroupHealing ReadHealing(const Json& json) {
  auto healing = model::HealingFromJson(base::Canonical(json));
  if (!healing) Throw(healing.error().code, healing.error().message);
  return std::move(*healing);
}

model::Rollout ReadRollout(const Json& json) {
  auto rollout = model::RolloutFromJson(base::Canonical(json));
  if (!rollout) Throw(rollout.error().code, rollout.error().message);
  return std::move(*rollout);
}

Json RevisionToJson(const model::RevisionRecord& revision) {
  Json json = {{"id", base::ToHex(revision.id)},
               {"provider", {{"name", revision.provider.name}, {"version", revision.provider.version}}},
               {"properties", Parse(revision.properties, "properties")},
               {"labels", revision.labels}};
  if (!revision.provider.url.empty()) json["provider"]["url"] = revision.provider.url;
  if (revision.scope_config != "{}") json["scopeConfig"] = Parse(revision.scope_config, "scope");
  if (!revision.scope.empty()) json["scope"] = revision.scope;
  return json;
}

model::RevisionRecord RevisionFromJson(const Json& json) {
  model::RevisionRecord revision;
  revision.id = ReadDigest(json, "id");
  const Json& provider = json.at("provider");
  revision.provider = {provider.at("name").get<std::string>(), provider.value("version", std::string("latest")),
                       provider.value("url", std::string())};
  revision.properties = base::Canonical(json.at("properties"));
  revision.labels = json.value("labels", std::map<std::string, std::string>());
  revision.scope_config = base::Canonical(json.value("scopeConfig", Json::object()));
  revision.scope = json.value("scope", std::string());
  return revision;
}

Json BackoffToJson(const model::CreateBackoff& backoff) {
  return {{"failures", backoff.failures},
          {"nextAt", Time(backoff.next_at)},
          {"revision", base::ToHex(backoff.revision)},
          {"lastError", backoff.last_error}};
}

model::CreateBackoff BackoffFromJson(const Json& json) {
  return {json.value("failures", 0U), ReadTime(json, "nextAt"), ReadDigest(json, "revision"),
          json.value("lastError", std::string())};
}

Json HoldToJson(const model::Hold& hold) {
  Json json = {{"owner", hold.owner}, {"reason", hold.reason}, {"since", Time(hold.since)}};
  if (!hold.slot_key.empty()) json["slot"] = hold.slot_key;
  if (hold.until != base::TimePoint{}) json["until"] = Time(hold.until);
  if (!hold.only.empty()) json["only"] = model::ProcessNames(hold.only);
  return json;
}

model::Hold HoldFromJson(const Json& json) {
  return {json.value("slot", std::string()),
          json.value("owner", std::string()),
          json.value("reason", std::string()),
          ReadTime(json, "since"),
          ReadTime(json, "until"),
          model::ReadProcesses(json.value("only", std::vector<std::string>()))};
}

Json BrakeToJson(const model::Brake& brake) {
  Json json = {{"kind", model::BrakeName(brake.kind)}, {"detail", brake.detail}, {"since", Time(brake.since)}};
  if (brake.until != base::TimePoint{}) json["until"] = Time(brake.until);
  return json;
}

// A kind that this version does not know holds nothing back here.
void BrakesFromJson(const Json& json, model::GroupRecord* group) {
  for (const auto& brake : json) {
    const auto kind = model::ParseBrakeKind(brake.at("kind").get<std::string>());
    if (!kind) continue;
    group->brakes.push_back(
        {*kind, brake.value("detail", std::string()), ReadTime(brake, "since"), ReadTime(brake, "until")});
  }
}

Json ReleaseToJson(const model::Release& release) {
  Json json = {{"actor", release.actor}, {"since", Time(release.since)}};
  if (release.until != base::TimePoint{}) json["until"] = Time(release.until);
  return json;
}

Json ForgottenToJson(const model::Forgotten& forgotten) {
  Json json = {{"slot", forgotten.slot.ordinal},
               {"incarnation", forgotten.incarnation},
               {"instance", forgotten.instance_id},
               {"actor", forgotten.actor},
               {"at", Time(forgotten.at)}};
  if (!forgotten.slot.logical_id.empty()) json["id"] = forgotten.slot.logical_id;
  return json;
}

model::Forgotten ForgottenFromJson(const Json& json) {
  return {{json.at("slot").get<std::uint32_t>(), json.value("id", std::string())},
          json.at("incarnation").get<std::uint32_t>(),
          json.at("instance").get<std::string>(),
          json.value("actor", std::string()),
          ReadTime(json, "at")};
}

Json GroupToJson(const model::GroupRecord& group) {
  Json json = {{"format", kTreeFormat},
               {"path", group.path},
               {"current", Parse(model::TargetToJson(group.current), "target")},
               {"revisions", Json::array()}};
  for (const auto& revision : group.revisions) json["revisions"].push_back(RevisionToJson(revision));
  // Only where a run is unfinished, so that its absence says "settled" to a reader.
  if (group.target != group.current) json["target"] = Parse(model::TargetToJson(group.target), "target");
  if (group.incarnation_floor != 0) json["incarnationFloor"] = group.incarnation_floor;
  if (!group.moved_to.empty()) json["movedTo"] = group.moved_to;
  if (group.backoff != model::CreateBackoff{}) json["backoff"] = BackoffToJson(group.backoff);
  if (group.destroy_backoff != model::CreateBackoff{}) json["destroyBackoff"] = BackoffToJson(group.destroy_backoff);
  for (const auto& hold : group.holds) json["holds"].push_back(HoldToJson(hold));
  for (const auto& brake : group.brakes) json["brakes"].push_back(BrakeToJson(brake));
  if (group.release) json["release"] = ReleaseToJson(*group.release);
  if (group.healing != model::GroupHealing{}) json["healing"] = Parse(model::HealingToJson(group.healing), "healing");
  if (group.rollout) json["rollout"] = Parse(model::RolloutToJson(*group.rollout), "rollout");
  for (const auto& forgotten : group.forgotten) json["forgotten"].push_back(ForgottenToJson(forgotten));
  return json;
}

model::GroupRecord GroupFromJson(const Json& json) {
  CheckFormat(json);
  model::GroupRecord group;
  group.path = json.at("path").get<std::string>();
  group.current = ReadTarget(json.at("current"));
  group.target = json.contains("target") ? ReadTarget(json["target"]) : group.current;
  for (const auto& revision : json.at("revisions")) group.revisions.push_back(RevisionFromJson(revision));
  group.incarnation_floor = json.value("incarnationFloor", 0U);
  group.moved_to = json.value("movedTo", std::string());
  if (json.contains("backoff")) group.backoff = BackoffFromJson(json["backoff"]);
  if (json.contains("destroyBackoff")) group.destroy_backoff = BackoffFromJson(json["destroyBackoff"]);
  for (const auto& hold : json.value("holds", Json::array())) group.holds.push_back(HoldFromJson(hold));
  if (json.contains("brakes")) BrakesFromJson(json["brakes"], &group);
  if (json.contains("release")) {
    const Json& release = json["release"];
    group.release = {release.value("actor", std::string()), ReadTime(release, "since"), ReadTime(release, "until")};
  }
  if (json.contains("healing")) group.healing = ReadHealing(json["healing"]);
  if (json.contains("rollout")) group.rollout = ReadRollout(json["rollout"]);
  for (const auto& entry : json.value("forgotten", Json::array())) group.forgotten.push_back(ForgottenFromJson(entry));
  return group;
}

// Runs `work`; everything that it throws becomes an error with `what` in front.
template <class Work>
auto Guarded(const std::string& what, base::ErrorCode otherwise, Work work) -> base::Result<decltype(work())> {
  try {
    return work();
  } catch (const Malformed& malformed) {
    return base::Wrap(malformed.error, what);
  } catch (const std::exception& exception) {
    return base::Fail(otherwise, what + ": " + exception.what());
  }
}

}  // namespace

base::Result<std::string> EncodeMeta(const model::ClusterRecord& cluster) {
  return Guarded("cluster " + cluster.name, base::ErrorCode::kInternal, [&] {
    Json json = {{"format", kTreeFormat},      {"lineage", cluster.lineage},
                 {"id", cluster.id},           {"name", cluster.name},
                 {"version", cluster.version}, {"specHash", base::ToHex(cluster.spec_hash)},
                 {"variables", Json::object()}};
    for (const auto& [name, value] : cluster.variables) json["variables"][name] = Parse(value, "variable");
    if (!cluster.plugins.empty()) json["plugins"] = model::PinsToJson(cluster.plugins);
    return Pretty(json);
  });
}

base::Status DecodeMeta(std::string_view text, model::ClusterRecord* cluster) {
  const auto done = Guarded("meta.json", base::ErrorCode::kCorrupt, [&] {
    const Json json = Parse(text, "document");
    CheckFormat(json);
    cluster->lineage = json.at("lineage").get<std::string>();
    cluster->id = json.at("id").get<std::string>();
    cluster->name = json.at("name").get<std::string>();
    cluster->version = json.at("version").get<std::string>();
    cluster->spec_hash = ReadDigest(json, "specHash");
    for (const auto& [name, value] : json.at("variables").items()) cluster->variables[name] = base::Canonical(value);
    if (json.contains("plugins")) cluster->plugins = model::PinsFromJson(json.at("plugins"));
    return true;
  });
  if (!done) return tl::unexpected(done.error());
  return {};
}

base::Result<std::string> EncodeGroup(const model::GroupRecord& group) {
  return Guarded("group " + group.path, base::ErrorCode::kInternal, [&] { return Pretty(GroupToJson(group)); });
}

base::Result<model::GroupRecord> DecodeGroup(std::string_view text) {
  return Guarded("group.json", base::ErrorCode::kCorrupt, [&] { return GroupFromJson(Parse(text, "document")); });
}

}  // namespace kadende::state
