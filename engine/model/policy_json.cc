#include "engine/model/policy_json.h"

#include <array>
#include <stdexcept>
#include <utility>

#include "engine/base/json.h"
#include "engine/model/names.h"

namespace kadende::model {
namespace {

using base::Json;

constexpr NameTable<OrphanPolicy, 3> kOrphans({"destroy", "report", "adopt"});
constexpr NameTable<ReplaceOrder, 3> kOrders({"auto", "launch-first", "destroy-first"});

std::int64_t Millis(base::Millis value) {
  return value.count();
}

Json ToJson(const CountOrPercent& value) {
  return value.percent ? Json(value.ToText()) : Json(value.value);
}

CountOrPercent ToCount(const Json& value) {
  if (!value.is_string()) return {value.get<std::uint32_t>(), false};
  return {static_cast<std::uint32_t>(std::stoul(value.get<std::string>())), true};
}

Json ToJson(const HealthCheck& check) {
  Json json = {{"name", check.name},
               {"type", CheckTypeName(check.type)},
               {"intervalMs", Millis(check.interval)},
               {"timeoutMs", Millis(check.timeout)},
               {"healthyAfter", check.healthy_after},
               {"unhealthyAfter", check.unhealthy_after},
               {"initialDelayMs", Millis(check.initial_delay)},
               {"unhealthyForMs", Millis(check.unhealthy_for)},
               {"unknownForMs", Millis(check.unknown_for)}};
  if (!check.url.empty()) json["url"] = check.url;
  if (!check.address.empty()) json["address"] = check.address;
  if (!check.command.empty()) json["command"] = check.command;
  if (check.method != "GET") json["method"] = check.method;
  if (!check.body_contains.empty()) json["bodyContains"] = check.body_contains;
  if (!check.headers.empty()) json["headers"] = check.headers;
  if (!check.verify_tls) json["verifyTls"] = false;
  if (check.ttl.count() != 0) json["ttlMs"] = Millis(check.ttl);
  for (const StatusRange& range : check.statuses) json["statuses"].push_back({range.first, range.last});
  return json;
}

HealthCheck ToCheck(const Json& json) {
  HealthCheck check;
  const auto millis = [&](const char* key, base::Millis& field) {
    if (json.contains(key)) field = base::Millis(json.at(key).get<std::int64_t>());
  };
  const auto type = ParseCheckType(json.at("type").get<std::string>());
  if (!type) throw std::runtime_error("unknown type of health check: " + json.at("type").get<std::string>());
  check.type = *type;
  check.name = json.at("name").get<std::string>();
  check.url = json.value("url", "");
  check.address = json.value("address", "");
  check.command = json.value("command", std::vector<std::string>());
  check.method = json.value("method", check.method);
  check.body_contains = json.value("bodyContains", "");
  check.headers = json.value("headers", std::map<std::string, std::string>());
  check.verify_tls = json.value("verifyTls", true);
  millis("intervalMs", check.interval);
  millis("timeoutMs", check.timeout);
  check.healthy_after = json.value("healthyAfter", check.healthy_after);
  check.unhealthy_after = json.value("unhealthyAfter", check.unhealthy_after);
  millis("initialDelayMs", check.initial_delay);
  millis("unhealthyForMs", check.unhealthy_for);
  millis("unknownForMs", check.unknown_for);
  millis("ttlMs", check.ttl);
  for (const Json& range : json.value("statuses", Json::array())) {
    check.statuses.push_back({range.at(0).get<std::uint16_t>(), range.at(1).get<std::uint16_t>()});
  }
  return check;
}

Json ToJson(const Hook& hook) {
  Json json = {{"at", HookPointName(hook.at)}, {"timeoutMs", Millis(hook.timeout)}};
  if (!hook.exec.empty()) json["exec"] = hook.exec;
  if (!hook.url.empty()) json["url"] = hook.url;
  return json;
}

Hook ToHook(const Json& json) {
  Hook hook;
  const auto at = ParseHookPoint(json.at("at").get<std::string>());
  if (!at) throw std::runtime_error("unknown point of a hook: " + json.at("at").get<std::string>());
  hook.at = *at;
  hook.exec = json.value("exec", hook.exec);
  hook.url = json.value("url", hook.url);
  hook.timeout = base::Millis(json.value("timeoutMs", hook.timeout.count()));
  return hook;
}

Json ToJson(const DrainPolicy& drain) {
  Json json = {{"timeoutMs", Millis(drain.timeout)}, {"unreachableMs", Millis(drain.unreachable)}};
  if (!drain.exec.empty()) json["exec"] = drain.exec;
  return json;
}

DrainPolicy ToDrain(const Json& json) {
  DrainPolicy drain;
  drain.exec = json.value("exec", drain.exec);
  drain.timeout = base::Millis(json.value("timeoutMs", drain.timeout.count()));
  drain.unreachable = base::Millis(json.value("unreachableMs", drain.unreachable.count()));
  return drain;
}

// What is as usual is absent, but for the keys that have always been there.
Json ToJson(const RemediationPolicy& remediation) {
  const RemediationPolicy usual;
  Json json = {{"action", RemedyActionName(remediation.action)},
               {"maxUnhealthy", ToJson(remediation.max_unhealthy)},
               {"maxInFlight", ToJson(remediation.max_in_flight)}};
  if (const auto& range = remediation.unhealthy_range) {
    json["unhealthyRange"] = {{"min", ToJson(range->min)}, {"max", ToJson(range->max)}};
  }
  if (remediation.rate != usual.rate) {
    json["rate"] = {{"count", ToJson(remediation.rate.count)}, {"perMs", Millis(remediation.rate.per)}};
  }
  if (remediation.min_capacity != usual.min_capacity) json["minCapacity"] = ToJson(remediation.min_capacity);
  if (remediation.blast_cap) json["blastCap"] = ToJson(*remediation.blast_cap);
  if (remediation.retry != usual.retry) {
    json["retry"] = {{"max", remediation.retry.max},
                     {"periodMs", Millis(remediation.retry.period)},
                     {"lastsAfterMs", Millis(remediation.retry.lasts_after)}};
  }
  if (remediation.flapping != usual.flapping) {
    json["flapping"] = {{"changes", remediation.flapping.changes}, {"withinMs", Millis(remediation.flapping.within)}};
  }
  if (remediation.suspend_after != usual.suspend_after) json["suspendAfterMs"] = Millis(remediation.suspend_after);
  return json;
}

RemediationPolicy ToRemediation(const Json& json) {
  RemediationPolicy remediation;
  // An action that this version does not know is somebody else's.
  remediation.action = ParseRemedyAction(json.value("action", "replace")).value_or(RemedyAction::kExternal);
  if (json.contains("maxUnhealthy")) remediation.max_unhealthy = ToCount(json["maxUnhealthy"]);
  if (json.contains("maxInFlight")) remediation.max_in_flight = ToCount(json["maxInFlight"]);
  if (json.contains("unhealthyRange")) {
    const Json& range = json["unhealthyRange"];
    remediation.unhealthy_range = UnhealthyRange{ToCount(range.at("min")), ToCount(range.at("max"))};
  }
  if (json.contains("rate")) {
    const Json& rate = json["rate"];
    remediation.rate = {ToCount(rate.at("count")), base::Millis(rate.at("perMs").get<std::int64_t>())};
  }
  if (json.contains("minCapacity")) remediation.min_capacity = ToCount(json["minCapacity"]);
  if (json.contains("blastCap")) remediation.blast_cap = ToCount(json["blastCap"]);
  const auto millis = [](const Json& from, const char* key) { return base::Millis(from.at(key).get<std::int64_t>()); };
  if (json.contains("retry")) {
    const Json& retry = json["retry"];
    remediation.retry = {retry.at("max").get<std::uint32_t>(), millis(retry, "periodMs"),
                         millis(retry, "lastsAfterMs")};
  }
  if (json.contains("flapping")) {
    const Json& flapping = json["flapping"];
    remediation.flapping = {flapping.at("changes").get<std::uint32_t>(), millis(flapping, "withinMs")};
  }
  if (json.contains("suspendAfterMs")) remediation.suspend_after = millis(json, "suspendAfterMs");
  return remediation;
}

// What is as usual is absent; surge and order have always been there.
void PutRollout(const RolloutPolicy& rollout, Json& json) {
  const RolloutPolicy usual;
  if (rollout.bake) json["bakeMs"] = Millis(*rollout.bake);
  if (rollout.strategy != usual.strategy) json["strategy"] = StrategyName(rollout.strategy);
  if (rollout.pause != usual.pause) json["pauseMs"] = Millis(rollout.pause);
  if (rollout.canary) json["canary"] = ToJson(*rollout.canary);
  for (const CountOrPercent& checkpoint : rollout.checkpoints) json["checkpoints"].push_back(ToJson(checkpoint));
  if (rollout.checkpoint_wait != usual.checkpoint_wait) json["checkpointWaitMs"] = Millis(rollout.checkpoint_wait);
  if (rollout.failure_threshold != usual.failure_threshold)
    json["failureThreshold"] = ToJson(rollout.failure_threshold);
  if (rollout.on_failure != usual.on_failure) json["onFailure"] = OnFailureName(rollout.on_failure);
  if (rollout.progress_deadline != usual.progress_deadline) {
    json["progressDeadlineMs"] = Millis(rollout.progress_deadline);
  }
}

// A strategy that this version does not know must not become the one that replaces everything.
void GetRollout(const Json& json, RolloutPolicy& rollout) {
  const auto millis = [&json](const char* key, base::Millis& field) {
    if (json.contains(key)) field = base::Millis(json.at(key).get<std::int64_t>());
  };
  if (json.contains("bakeMs")) millis("bakeMs", rollout.bake.emplace());
  rollout.strategy = ParseStrategy(json.value("strategy", "rolling")).value_or(RolloutStrategy::kOnDelete);
  millis("pauseMs", rollout.pause);
  if (json.contains("canary")) rollout.canary = ToCount(json.at("canary"));
  for (const Json& checkpoint : json.value("checkpoints", Json::array())) {
    rollout.checkpoints.push_back(ToCount(checkpoint));
  }
  millis("checkpointWaitMs", rollout.checkpoint_wait);
  if (json.contains("failureThreshold")) rollout.failure_threshold = ToCount(json.at("failureThreshold"));
  rollout.on_failure = ParseOnFailure(json.value("onFailure", "pause")).value_or(OnFailure::kPause);
  millis("progressDeadlineMs", rollout.progress_deadline);
}

Json PolicyToJson(const GroupPolicy& policy) {
  Json json = {{"min", policy.min},
               {"maxSurge", ToJson(policy.rollout.max_surge)},
               {"maxUnavailable", ToJson(policy.rollout.max_unavailable)},
               {"order", kOrders.Name(policy.rollout.order)},
               {"createTimeoutMs", Millis(policy.timeouts.create)},
               {"joinTimeoutMs", Millis(policy.timeouts.join)},
               {"destroyTimeoutMs", Millis(policy.timeouts.destroy)},
               {"backoffBaseMs", Millis(policy.backoff_base)},
               {"backoffMaxMs", Millis(policy.backoff_max)},
               {"orphans", kOrphans.Name(policy.orphans)},
               {"preventDestroy", policy.prevent_destroy},
               {"dependsOn", policy.depends_on},
               {"notInForce", Json::parse(policy.not_in_force)}};
  if (policy.quorum) json["quorum"] = true;
  if (policy.max) json["max"] = *policy.max;
  if (policy.destroy_more_than) json["destroyMoreThan"] = ToJson(*policy.destroy_more_than);
  PutRollout(policy.rollout, json);
  for (const HealthCheck& check : policy.checks) json["checks"].push_back(ToJson(check));
  for (const Hook& hook : policy.hooks) json["hooks"].push_back(ToJson(hook));
  if (policy.drain != DrainPolicy{}) json["drain"] = ToJson(policy.drain);
  if (policy.remediation != RemediationPolicy{}) {
    json["remediation"] = ToJson(policy.remediation);
  }
  return json;
}

// Absent fields keep the default that `policy` was made with.
GroupPolicy PolicyFromJson(const Json& json) {
  GroupPolicy policy;
  const auto millis = [&](const char* key, base::Millis& field) {
    if (json.contains(key)) field = base::Millis(json.at(key).get<std::int64_t>());
  };
  policy.min = json.value("min", policy.min);
  if (json.contains("max")) policy.max = json.at("max").get<std::uint32_t>();
  if (json.contains("maxSurge")) policy.rollout.max_surge = ToCount(json.at("maxSurge"));
  if (json.contains("maxUnavailable")) policy.rollout.max_unavailable = ToCount(json.at("maxUnavailable"));
  policy.rollout.order = kOrders.Parse(json.value("order", "auto")).value_or(ReplaceOrder::kAuto);
  millis("createTimeoutMs", policy.timeouts.create);
  millis("joinTimeoutMs", policy.timeouts.join);
  millis("destroyTimeoutMs", policy.timeouts.destroy);
  millis("backoffBaseMs", policy.backoff_base);
  millis("backoffMaxMs", policy.backoff_max);
  // A policy that this version does not know must not become the one that destroys.
  policy.orphans = kOrphans.Parse(json.value("orphans", "destroy")).value_or(OrphanPolicy::kReport);
  policy.prevent_destroy = json.value("preventDestroy", false);
  policy.quorum = json.value("quorum", false);
  if (json.contains("destroyMoreThan")) policy.destroy_more_than = ToCount(json.at("destroyMoreThan"));
  policy.depends_on = json.value("dependsOn", std::vector<std::string>());
  GetRollout(json, policy.rollout);
  for (const Json& check : json.value("checks", Json::array())) policy.checks.push_back(ToCheck(check));
  for (const Json& hook : json.value("hooks", Json::array())) policy.hooks.push_back(ToHook(hook));
  if (json.contains("drain")) policy.drain = ToDrain(json.at("drain"));
  if (json.contains("remediation")) policy.remediation = ToRemediation(json.at("remediation"));
  if (json.contains("notInForce")) policy.not_in_force = base::Canonical(json.at("notInForce"));
  return policy;
}

}  // namespace

std::string TargetToJson(const GroupTarget& target) {
  Json json = {{"size", target.size},
               {"revision", target.revision.IsZero() ? std::string() : base::ToHex(target.revision)},
               {"policy", PolicyToJson(target.policy)}};
  if (!target.logical_ids.empty()) json["logicalIds"] = target.logical_ids;
  return base::Canonical(json);
}

base::Result<GroupTarget> TargetFromJson(std::string_view text) {
  auto json = base::ParseJson(text);
  if (!json) return tl::unexpected<base::Error>(json.error());
  try {
    GroupTarget target;
    target.size = json->at("size").get<std::uint32_t>();
    target.logical_ids = json->value("logicalIds", std::vector<std::string>());
    const std::string revision = json->at("revision").get<std::string>();
    if (!revision.empty()) {
      const auto digest = base::DigestFromHex(revision);
      if (!digest) return base::Fail(base::ErrorCode::kCorrupt, "a group's target has an unreadable revision");
      target.revision = *digest;
    }
    target.policy = PolicyFromJson(json->value("policy", Json::object()));
    return target;
  } catch (const std::exception& exception) {
    return base::Fail(base::ErrorCode::kCorrupt, std::string("a group's target cannot be read: ") + exception.what());
  }
}

}  // namespace kadende::model
