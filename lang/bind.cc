#include "lang/bind.h"

#include <algorithm>
#include <set>

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/ports/health_probe.h"
#include "lang/checked.h"
#include "lang/keys.h"
#include "lang/values.h"

namespace kadende::lang {
namespace {

using base::Json;

std::uint32_t CountOr(const Json& value, std::uint32_t otherwise) {
  return value.is_number_integer() ? value.get<std::uint32_t>() : otherwise;
}

void Set(base::Millis* out, const Json& value) {
  if (!value.is_string()) return;
  if (const auto read = base::ParseDuration(value.get_ref<const std::string&>())) *out = *read;
}

void Set(model::CountOrPercent* out, const Json& value) {
  if (!value.is_string()) return;
  if (const auto read = ReadCountOrPercent(value.get_ref<const std::string&>())) *out = *read;
}

// The part of a checked mapping that has no effect in this version.
Json NotInForce(const Table& table, const Json& object) {
  Json out = Json::object();
  for (const auto& [name, value] : object.items()) {
    const Key* key = table.Find(name);
    if (key == nullptr) continue;
    if (!key->in_force) {
      out[name] = value;
    } else if (key->type == ValueType::kTable) {
      if (Json below = NotInForce(*key->table, value); !below.empty()) out[name] = std::move(below);
    }
  }
  return out;
}

model::ReplaceOrder ReadOrder(const std::string& text) {
  if (text == "launch-first") return model::ReplaceOrder::kLaunchFirst;
  return text == "destroy-first" ? model::ReplaceOrder::kDestroyFirst : model::ReplaceOrder::kAuto;
}

model::OrphanPolicy ReadOrphans(const std::string& text) {
  if (text == "report") return model::OrphanPolicy::kReport;
  return text == "adopt" ? model::OrphanPolicy::kAdopt : model::OrphanPolicy::kDestroy;
}

model::StatusRange ReadStatuses(const std::string& text) {
  const auto number = [](std::string_view digits) { return static_cast<std::uint16_t>(*ReadInteger(digits)); };
  const std::size_t dash = text.find('-');
  if (dash == std::string::npos) return {number(text), number(text)};
  return {number(std::string_view(text).substr(0, dash)), number(std::string_view(text).substr(dash + 1))};
}

model::HealthCheck BindCheck(const Json& json, model::CheckType type) {
  model::HealthCheck check;
  check.type = type;
  check.url = TextOr(At(json, "url"), "");
  check.address = TextOr(At(json, "address"), "");
  check.command = Texts(At(json, "command"));
  check.method = TextOr(At(json, "method"), check.method);
  check.body_contains = TextOr(At(json, "bodyContains"), "");
  if (type == model::CheckType::kExec) check.address = At(json, "in") == ports::kInNode ? ports::kInNode : "";
  check.verify_tls = At(json, "verifyTls") != false;
  for (const auto& [name, value] : At(json, "headers").items()) check.headers.emplace(name, value.get<std::string>());
  for (const Json& range : At(json, "status")) check.statuses.push_back(ReadStatuses(range.get<std::string>()));
  Set(&check.interval, At(json, "interval"));
  Set(&check.timeout, At(json, "timeout"));
  check.healthy_after = CountOr(At(json, "healthyAfter"), check.healthy_after);
  check.unhealthy_after = CountOr(At(json, "unhealthyAfter"), check.unhealthy_after);
  Set(&check.initial_delay, At(json, "initialDelay"));
  Set(&check.unhealthy_for, At(json, "unhealthyFor"));
  Set(&check.unknown_for, At(json, "unknownFor"));
  Set(&check.ttl, At(json, "ttl"));
  return check;
}

// Checks without a name are called after their type: "tcp", "tcp-2". Types that this version cannot look by are left
// out (CheckHealthChecks says so).
std::vector<model::HealthCheck> BindChecks(const Json& list) {
  std::set<std::string> taken;
  for (const Json& json : list) taken.insert(TextOr(At(json, "name"), ""));
  std::vector<model::HealthCheck> checks;
  for (const Json& json : list) {
    const std::string type = TextOr(At(json, "type"), "");
    const auto known = model::ParseCheckType(type);
    if (!known) continue;
    checks.push_back(BindCheck(json, *known));
    std::string name = TextOr(At(json, "name"), "");
    for (int number = 1; name.empty(); ++number) {
      std::string next = number == 1 ? type : type + "-" + std::to_string(number);
      if (taken.insert(next).second) name = std::move(next);
    }
    checks.back().name = std::move(name);
  }
  return checks;
}

std::vector<model::Hook> BindHooks(const Json& list) {
  std::vector<model::Hook> hooks;
  for (const Json& json : list) {
    model::Hook hook;
    hook.at = model::ParseHookPoint(TextOr(At(json, "at"), "")).value_or(hook.at);
    hook.exec = Texts(At(json, "exec"));
    hook.url = TextOr(At(json, "url"), "");
    Set(&hook.timeout, At(json, "timeout"));
    hooks.push_back(std::move(hook));
  }
  return hooks;
}

model::RemediationPolicy BindRemediation(const Json& json) {
  model::RemediationPolicy remediation;
  remediation.action =
      model::ParseRemedyAction(TextOr(At(json, "action"), "replace")).value_or(model::RemedyAction::kReplace);
  Set(&remediation.max_unhealthy, At(json, "maxUnhealthy"));
  Set(&remediation.max_in_flight, At(json, "maxInFlight"));
  if (const Json& range = At(json, "unhealthyRange"); range.is_object()) {
    remediation.unhealthy_range.emplace();
    Set(&remediation.unhealthy_range->min, At(range, "min"));
    Set(&remediation.unhealthy_range->max, At(range, "max"));
  }
  const Json& rate = At(json, "rate");
  Set(&remediation.rate.count, At(rate, "count"));
  Set(&remediation.rate.per, At(rate, "per"));
  Set(&remediation.min_capacity, At(json, "minCapacity"));
  if (const Json& cap = At(json, "blastCap"); cap.is_string()) Set(&remediation.blast_cap.emplace(), cap);
  const Json& retry = At(json, "retry");
  remediation.retry.max = CountOr(At(retry, "max"), remediation.retry.max);
  Set(&remediation.retry.period, At(retry, "period"));
  Set(&remediation.retry.lasts_after, At(retry, "lastsAfter"));
  const Json& flapping = At(json, "flapping");
  remediation.flapping.changes = CountOr(At(flapping, "changes"), remediation.flapping.changes);
  Set(&remediation.flapping.within, At(flapping, "within"));
  Set(&remediation.suspend_after, At(json, "suspendAfter"));
  return remediation;
}

model::RolloutPolicy BindRollout(const Json& json) {
  model::RolloutPolicy rollout;
  rollout.strategy = model::ParseStrategy(TextOr(At(json, "strategy"), "")).value_or(rollout.strategy);
  Set(&rollout.max_surge, At(json, "maxSurge"));
  Set(&rollout.max_unavailable, At(json, "maxUnavailable"));
  rollout.order = ReadOrder(TextOr(At(json, "order"), "auto"));
  if (const Json& bake = At(json, "bake"); bake.is_string()) Set(&rollout.bake.emplace(), bake);
  Set(&rollout.pause, At(json, "pause"));
  if (const Json& canary = At(json, "canary"); canary.is_string()) Set(&rollout.canary.emplace(), canary);
  for (const Json& checkpoint : At(json, "checkpoints")) Set(&rollout.checkpoints.emplace_back(), checkpoint);
  Set(&rollout.checkpoint_wait, At(json, "checkpointWait"));
  Set(&rollout.failure_threshold, At(json, "failureThreshold"));
  rollout.on_failure = model::ParseOnFailure(TextOr(At(json, "onFailure"), "")).value_or(rollout.on_failure);
  Set(&rollout.progress_deadline, At(json, "progressDeadline"));
  return rollout;
}

model::GroupPolicy BindPolicy(const Json& group) {
  model::GroupPolicy policy;
  policy.min = CountOr(At(group, "min"), 0);
  if (const Json& max = At(group, "max"); max.is_number_integer()) policy.max = max.get<std::uint32_t>();
  policy.rollout = BindRollout(At(group, "rollout"));
  const Json& timeouts = At(group, "timeouts");
  Set(&policy.timeouts.create, At(timeouts, "create"));
  Set(&policy.timeouts.join, At(timeouts, "join"));
  Set(&policy.timeouts.destroy, At(timeouts, "destroy"));
  policy.checks = BindChecks(At(group, "healthChecks"));
  policy.hooks = BindHooks(At(group, "hooks"));
  const Json& drain = At(group, "drain");
  policy.drain.exec = Texts(At(drain, "exec"));
  Set(&policy.drain.timeout, At(drain, "timeout"));
  Set(&policy.drain.unreachable, At(drain, "unreachable"));
  const Json& remediation = At(group, "remediation");
  policy.remediation = BindRemediation(remediation);
  const Json& backoff = At(remediation, "backoff");
  Set(&policy.backoff_base, At(backoff, "base"));
  Set(&policy.backoff_max, At(backoff, "max"));
  policy.orphans = ReadOrphans(TextOr(At(group, "orphans"), "destroy"));
  policy.quorum = At(group, "kind") == "quorum";
  policy.prevent_destroy = At(group, "preventDestroy") == true;
  policy.depends_on = Texts(At(group, "dependsOn"));
  policy.not_in_force = base::Canonical(NotInForce(GroupTable(), group));
  return policy;
}

}  // namespace

model::GroupSpec BindGroup(const Json& group, const std::string& path) {
  model::GroupSpec spec;
  spec.path = path;
  spec.logical_ids = Texts(At(group, "logicalIds"));
  spec.size =
      spec.logical_ids.empty() ? CountOr(At(group, "size"), 0) : static_cast<std::uint32_t>(spec.logical_ids.size());
  spec.moved_from = TextOr(At(group, "movedFrom"), "");
  const Json& plugin = At(group, "resourcePlugin");
  spec.provider.name = TextOr(At(plugin, "name"), "");
  spec.provider.version = TextOr(At(plugin, "version"), "latest");
  spec.provider.url = TextOr(At(plugin, "url"), "");
  if (const Json& properties = At(group, "resourceProperties"); properties.is_object()) {
    spec.properties = base::Canonical(properties);
  }
  if (const Json& labels = At(group, "labels"); labels.is_object()) {
    for (const auto& [name, value] : labels.items()) spec.labels.emplace(name, value.get<std::string>());
  }
  spec.policy = BindPolicy(group);
  return spec;
}

}  // namespace kadende::lang
