#include "lang/bind.h"

#include <algorithm>
#include <set>

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/model/expression.h"
#include "engine/ports/health_probe.h"
#include "lang/keys.h"
#include "lang/values.h"

namespace kadende::lang {
namespace {

using base::Json;

const Json& At(const Json& object, std::string_view key) {
  static const Json kNone;
  const auto found = object.find(key);
  return found == object.end() ? kNone : *found;
}

std::string TextOr(const Json& value, std::string otherwise) {
  return value.is_string() ? value.get<std::string>() : std::move(otherwise);
}

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

std::vector<std::string> Texts(const Json& list) {
  std::vector<std::string> out;
  for (const Json& item : list) out.push_back(item.get<std::string>());
  return out;
}

// The part of a checked mapping that has no effect in this version.
Json NotInForce(const Table& table, const Json& object) {
  Json out = Json::object();
  for (const auto& [name, value] : object.items()) {
    const Key* key = table.Find(name);
    if (key == nullptr || (name == "strategy" && value == "rolling")) continue;
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

model::GroupPolicy BindPolicy(const Json& group) {
  model::GroupPolicy policy;
  policy.min = CountOr(At(group, "min"), 0);
  if (const Json& max = At(group, "max"); max.is_number_integer()) policy.max = max.get<std::uint32_t>();
  const Json& rollout = At(group, "rollout");
  Set(&policy.rollout.max_surge, At(rollout, "maxSurge"));
  Set(&policy.rollout.max_unavailable, At(rollout, "maxUnavailable"));
  policy.rollout.order = ReadOrder(TextOr(At(rollout, "order"), "auto"));
  const Json& timeouts = At(group, "timeouts");
  Set(&policy.timeouts.create, At(timeouts, "create"));
  Set(&policy.timeouts.join, At(timeouts, "join"));
  Set(&policy.timeouts.destroy, At(timeouts, "destroy"));
  if (const Json& bake = At(rollout, "bake"); bake.is_string()) Set(&policy.rollout.bake.emplace(), bake);
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

// The rules between the keys of one group.
class GroupRules {
 public:
  GroupRules(const Json& group, const model::GroupSpec& spec, const std::string& yaml_path, const Positions& positions,
             Report* report)
      : group_(group), spec_(spec), path_(yaml_path), positions_(positions), report_(*report) {}

  void Check() {
    if (!Has("resourcePlugin")) {
      Error("", "the group `" + spec_.path + "` has no `resourcePlugin`", "like `resourcePlugin: {name: process}`");
    }
    CheckSize();
    CheckRollout();
    CheckBackoff();
    CheckRange();
    CheckHealthChecks();
    CheckHooks();
  }

 private:
  // Also what was wrong and left out counts as given.
  bool Has(const std::string& key) { return positions_.Has(path_ + "." + key); }
  void Error(const std::string& key, std::string message, std::string remedy = {}) {
    std::string path = key.empty() ? path_ : path_ + "." + key;
    const Place place = positions_.Of(path);
    report_.Error(std::move(path), std::move(message), place, std::move(remedy));
  }

  void Warning(const std::string& key, std::string message) {
    std::string path = path_ + "." + key;
    const Place place = positions_.Of(path);
    report_.Warning(std::move(path), std::move(message), place);
  }

  void CheckSize() {
    if (Has("size") && Has("logicalIds")) {
      Error("logicalIds", "`size` and `logicalIds` exclude each other", "the number of ids is the size");
      return;
    }
    if (!Has("size") && !Has("logicalIds")) {
      Error("", "the group `" + spec_.path + "` has neither `size` nor `logicalIds`", "like `size: 2`");
      return;
    }
    const bool known = At(group_, "size").is_number_integer() || Has("logicalIds");
    if (!known) return;
    const std::string size = std::to_string(spec_.size);
    if (spec_.policy.max && spec_.policy.min > *spec_.policy.max) {
      Error("min", "`min` (" + std::to_string(spec_.policy.min) + ") is above `max` (" +
                       std::to_string(*spec_.policy.max) + ")");
    } else if (spec_.size < spec_.policy.min) {
      Error(Has("size") ? "size" : "logicalIds",
            "the size " + size + " is below `min` (" + std::to_string(spec_.policy.min) + ")");
    } else if (spec_.policy.max && spec_.size > *spec_.policy.max) {
      Error(Has("size") ? "size" : "logicalIds",
            "the size " + size + " is above `max` (" + std::to_string(*spec_.policy.max) + ")");
    }
  }

  void CheckRollout() {
    const auto& rollout = spec_.policy.rollout;
    if (rollout.max_surge.value != 0 || rollout.max_unavailable.value != 0) return;
    Error("rollout.maxSurge", "`maxSurge` and `maxUnavailable` are both 0: no node could ever be replaced",
          "one node more (maxSurge: 1) or one node less (maxUnavailable: 1) makes room");
  }

  void CheckBackoff() {
    if (spec_.policy.backoff_base <= spec_.policy.backoff_max) return;
    Error("remediation.backoff", "the backoff's `base` (" + base::FormatDuration(spec_.policy.backoff_base) +
                                     ") is above its `max` (" + base::FormatDuration(spec_.policy.backoff_max) + ")");
  }

  void CheckRange() {
    const auto& range = spec_.policy.remediation.unhealthy_range;
    if (!range || range->min.percent != range->max.percent || range->min.value <= range->max.value) return;
    Error("remediation.unhealthyRange",
          "the range's `min` (" + range->min.ToText() + ") is above its `max` (" + range->max.ToText() + ")");
  }

  void CheckHealthChecks() {
    const Json& checks = At(group_, "healthChecks");
    std::set<std::string> names;
    for (std::size_t i = 0; i < checks.size(); ++i) {
      const std::string item = "healthChecks[" + std::to_string(i) + "]";
      const std::string type = TextOr(At(checks[i], "type"), "");
      CheckTarget(checks[i], item, type);
      if (type != "exec" && TextOr(At(checks[i], "in"), "here") == "node") {
        Error(item + ".in", "only a check of type exec runs a command in the node");
      }
      if (type == "plugin") Warning(item + ".type", "checks of type plugin are not yet in force: nobody looks");
      const std::string name = TextOr(At(checks[i], "name"), "");
      if (!name.empty() && !names.insert(name).second) {
        Error(item + ".name", "another check of this group is called `" + name + "`");
      }
    }
    const std::string action = TextOr(At(At(group_, "remediation"), "action"), "replace");
    if (action != "replace" && action != "external") {
      Warning("remediation.action", "`" + action + "` is not yet in force: unhealthy nodes are shown and left alone");
    }
  }

  // Or nothing that reads as one.
  static bool IsPort(std::string_view text) {
    if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return true;
    return text.size() <= 5 && std::stoul(std::string(text)) >= 1 && std::stoul(std::string(text)) <= 65535;
  }

  // What a check looks at: there, and of a form that can be looked at (as far as it is known before there are nodes).
  void CheckTarget(const Json& check, const std::string& item, const std::string& type) {
    const std::string key = type == "http" ? "url" : type == "tcp" ? "address" : type == "exec" ? "command" : "";
    if (key.empty()) return;
    if (!Has(item + "." + key)) return Error(item, "a check of type " + type + " needs `" + key + "`");
    const Json& value = At(check, key);
    if (type == "exec") {
      if (value.is_array() && value.empty())
        Error(item + ".command", "the command is empty", "program, then arguments");
      for (const std::string& word : Texts(value)) {
        if (word.find('\0') == std::string::npos) continue;
        Error(item + ".command", "a NUL character cannot be given to a program");
        break;
      }
      return;
    }
    const std::string text = TextOr(value, "");
    if (type == "tcp" && !IsPort(std::string_view(text).substr(text.rfind(':') + 1))) {
      Error(item + ".address", "a port is between 1 and 65535");
    }
    if (text.empty() || text.starts_with("${")) return;
    if (type == "http" && !text.starts_with("http://") && !text.starts_with("https://")) {
      Error(item + ".url", "the url has neither http:// nor https://", "like `http://${node.address}:8080/`");
    }
    if (type == "tcp" && text.find(':') == std::string::npos && text.find("${") == std::string::npos) {
      Error(item + ".address", "the address has no port", "like `${node.address}:8080`");
    }
  }

  void CheckHooks() {
    const Json& hooks = At(group_, "hooks");
    for (std::size_t i = 0; i < hooks.size(); ++i) {
      const std::string item = "hooks[" + std::to_string(i) + "]";
      if (Has(item + ".exec") == Has(item + ".url")) {
        Error(item, "a hook has either `exec` or `url`");
        continue;
      }
      const std::string at = TextOr(At(hooks[i], "at"), "");
      const std::string url = TextOr(At(hooks[i], "url"), "");
      if (!url.empty() && !url.starts_with("${") && !url.starts_with("http://") && !url.starts_with("https://")) {
        Error(item + ".url", "the url has neither http:// nor https://");
      }
      CheckProgram(At(hooks[i], "exec"), item + ".exec");
      for (const std::string& text : Texts(At(hooks[i], "exec"))) CheckAddress(at, text, item + ".exec");
      CheckAddress(at, url, item + ".url");
    }
    CheckProgram(At(At(group_, "drain"), "exec"), "drain.exec");
  }

  void CheckProgram(const Json& exec, const std::string& key) {
    if (!exec.is_array()) return;
    if (exec.empty()) Error(key, "the command is empty", "program, then arguments");
    const std::vector<std::string> words = Texts(exec);
    if (std::any_of(words.begin(), words.end(),
                    [](const auto& word) { return word.find('\0') != std::string::npos; })) {
      Error(key, "a NUL character cannot be given to a program");
    }
  }

  void CheckAddress(const std::string& at, const std::string& text, const std::string& key) {
    if (at != "pre_create" || text.find("node.address") == std::string::npos) return;
    const auto references = model::InspectText(text);
    if (references && references->node_address) {
      Error(key, "before the create there is no address", "`post_create` comes after it");
    }
  }

  const Json& group_;
  const model::GroupSpec& spec_;
  const std::string& path_;
  const Positions& positions_;
  Report& report_;
};

}  // namespace

Place Positions::Of(std::string path) const {
  for (;;) {
    if (const auto found = map_.find(path); found != map_.end()) {
      return {found->second.line, found->second.column, found->second.length};
    }
    const std::size_t cut = path.find_last_of(".[");
    if (cut == std::string::npos) return otherwise_;
    path.resize(cut);
  }
}

bool Positions::Has(const std::string& path) const {
  return map_.contains(path);
}

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

void CheckGroup(const Json& group, const model::GroupSpec& spec, const std::string& yaml_path,
                const Positions& positions, Report* report) {
  GroupRules(group, spec, yaml_path, positions, report).Check();
}

}  // namespace kadende::lang
