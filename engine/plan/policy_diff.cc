#include "engine/plan/policy_diff.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

#include "engine/base/json.h"
#include "engine/base/text.h"

namespace kadende::plan {
namespace {

std::string Word(std::uint32_t number) {
  return std::to_string(number);
}
std::string Word(const std::optional<std::uint32_t>& number) {
  return number ? std::to_string(*number) : "size";
}
std::string Word(const model::CountOrPercent& count) {
  return count.ToText();
}
std::string Word(const std::optional<model::CountOrPercent>& count) {
  return count ? count->ToText() : "none";
}
std::string Word(base::Millis duration) {
  return base::FormatDuration(duration);
}
std::string Word(bool flag) {
  return flag ? "true" : "false";
}
std::string Word(const std::vector<std::string>& words) {
  return "[" + base::Join(words, ", ") + "]";
}
std::string Word(model::ReplaceOrder order) {
  switch (order) {
    case model::ReplaceOrder::kAuto:
      return "auto";
    case model::ReplaceOrder::kLaunchFirst:
      return "launch-first";
    case model::ReplaceOrder::kDestroyFirst:
      return "destroy-first";
  }
  return "";
}
std::string Word(model::OrphanPolicy policy) {
  switch (policy) {
    case model::OrphanPolicy::kDestroy:
      return "destroy";
    case model::OrphanPolicy::kReport:
      return "report";
    case model::OrphanPolicy::kAdopt:
      return "adopt";
  }
  return "";
}

std::string Word(const std::optional<base::Millis>& duration) {
  return duration ? Word(*duration) : "default";
}
std::string Word(model::RemedyAction action) {
  return std::string(model::RemedyActionName(action));
}
std::string Word(const model::RatePolicy& rate) {
  return rate.count.ToText() + " per " + base::FormatDuration(rate.per);
}
std::string Word(const model::RetryPolicy& retry) {
  return std::to_string(retry.max) + " every " + base::FormatDuration(retry.period) + ", lasting after " +
         base::FormatDuration(retry.lasts_after);
}
std::string Word(const model::FlappingPolicy& flapping) {
  return std::to_string(flapping.changes) + " within " + base::FormatDuration(flapping.within);
}
std::string Word(const std::optional<model::UnhealthyRange>& range) {
  return range ? range->min.ToText() + " to " + range->max.ToText() : "none";
}

struct Lines {
  bool first = false;  // of a new group: nothing was before
  std::vector<std::string> text;

  void Add(std::string_view key, const std::string& from, const std::string& to) {
    text.push_back(std::string(key) + ": " + (first ? to : from + " -> " + to));
  }
};

template <class T>
void Compare(std::string_view key, const T& before, const T& after, Lines& changes) {
  if (!(before == after)) changes.Add(key, Word(before), Word(after));
}

constexpr std::size_t kLongestValue = 60;
constexpr std::size_t kLongestList = 200;

std::string Word(const base::Json* value) {
  if (value == nullptr) return "none";
  if (value->is_array()) return base::Count(value->size(), "entry", "entries");
  std::string text = value->is_string() ? value->get<std::string>() : value->dump();
  return text.size() > kLongestValue ? "..." : text;
}

// For who has not seen it before: hooks and the like as they are written.
std::string Whole(const base::Json* value) {
  if (value == nullptr || !value->is_array()) return Word(value);
  std::string text = value->dump();
  return text.size() > kLongestList ? Word(value) : text;
}

const base::Json* Find(const base::Json* object, const std::string& key) {
  if (object == nullptr) return nullptr;
  const auto found = object->find(key);
  return found == object->end() ? nullptr : &*found;
}

// Keys without fields of their own in GroupPolicy: sections by their keys, lists by their length.
void CompareValues(const std::string& path, const base::Json* before, const base::Json* after, Lines& changes) {
  const bool sections =
      (before == nullptr || before->is_object()) && (after == nullptr || after->is_object()) && before != after;
  if (!sections) {
    const std::string from = Word(before);
    const std::string to = changes.first ? Whole(after) : Word(after);
    from == to ? changes.text.push_back(path + ": changed") : changes.Add(path, from, to);
    return;
  }
  std::set<std::string> keys;
  for (const base::Json* side : {before, after}) {
    if (side == nullptr) continue;
    for (const auto& [key, value] : side->items()) keys.insert(key);
  }
  for (const std::string& key : keys) {
    const base::Json* from = Find(before, key);
    const base::Json* to = Find(after, key);
    if (from != nullptr && to != nullptr && *from == *to) continue;
    CompareValues(path.empty() ? key : path + "." + key, from, to, changes);
  }
}

void CompareSections(const std::string& before, const std::string& after, Lines& changes) {
  if (before == after) return;
  const auto from = base::ParseJson(before);
  const auto to = base::ParseJson(after);
  if (!from || !to || !from->is_object() || !to->is_object()) {
    changes.text.emplace_back("other keys: changed");
    return;
  }
  CompareValues({}, &*from, &*to, changes);
}

// "http http://10.0.0.1:8080/ every 10s, unhealthyFor 30s": what it asks, how often, and what is not as usual.
std::string Told(const model::HealthCheck& check) {
  const model::HealthCheck usual;
  std::string text(model::CheckTypeName(check.type));
  for (const std::string& what : {check.url, check.address, base::Join(check.command, " ")}) {
    if (!what.empty()) text += " " + what;
  }
  text += " every " + Word(check.interval);
  const auto differs = [&text](std::string_view key, const auto& value, const auto& by_default) {
    if (!(value == by_default)) text += ", " + std::string(key) + " " + Word(value);
  };
  differs("timeout", check.timeout, usual.timeout);
  differs("healthyAfter", check.healthy_after, usual.healthy_after);
  differs("unhealthyAfter", check.unhealthy_after, usual.unhealthy_after);
  differs("initialDelay", check.initial_delay, usual.initial_delay);
  differs("unhealthyFor", check.unhealthy_for, usual.unhealthy_for);
  differs("unknownFor", check.unknown_for, usual.unknown_for);
  differs("ttl", check.ttl, usual.ttl);
  differs("verifyTls", check.verify_tls, usual.verify_tls);
  if (check.method != usual.method) text += ", method " + check.method;
  if (!check.body_contains.empty()) text += ", bodyContains " + base::QuoteJson(check.body_contains);
  if (!check.headers.empty()) text += ", " + base::Count(check.headers.size(), "header");
  for (const model::StatusRange& range : check.statuses) {
    text += ", status " + std::to_string(range.first);
    if (range.last != range.first) text += "-" + std::to_string(range.last);
  }
  return text;
}

const model::HealthCheck* FindCheck(const std::vector<model::HealthCheck>& checks, const std::string& name) {
  const auto found =
      std::find_if(checks.begin(), checks.end(), [&](const model::HealthCheck& check) { return check.name == name; });
  return found == checks.end() ? nullptr : &*found;
}

// By name: a check that was added, taken away, or reads otherwise.
void CompareChecks(const std::vector<model::HealthCheck>& before, const std::vector<model::HealthCheck>& after,
                   Lines& changes) {
  for (const model::HealthCheck& check : before) {
    const model::HealthCheck* now = FindCheck(after, check.name);
    if (now == nullptr) {
      changes.text.push_back("healthChecks." + check.name + ": removed");
    } else if (!(*now == check)) {
      changes.text.push_back("healthChecks." + check.name + ": changed");
    }
  }
  for (const model::HealthCheck& check : after) {
    if (FindCheck(before, check.name) != nullptr) continue;
    const std::string what =
        changes.first ? Told(check) : "added (" + std::string(model::CheckTypeName(check.type)) + ")";
    changes.text.push_back("healthChecks." + check.name + ": " + what);
  }
}

std::string Quoted(const std::vector<std::string>& command) {
  return command.empty() ? std::string("none") : base::QuoteJson(base::Join(command, " "));
}

// "post_create ansible-playbook site.yml": what is run or asked, and when.
std::string Told(const model::Hook& hook) {
  return std::string(model::HookPointName(hook.at)) + " " + (hook.exec.empty() ? hook.url : base::Join(hook.exec, " "));
}

// A reviewer has to see every program that a file brings along.
void CompareHooks(const std::vector<model::Hook>& before, const std::vector<model::Hook>& after, Lines& changes) {
  for (const model::Hook& hook : before) {
    if (std::find(after.begin(), after.end(), hook) == after.end()) {
      changes.text.push_back("hooks: " + Told(hook) + ": removed");
    }
  }
  for (const model::Hook& hook : after) {
    if (std::find(before.begin(), before.end(), hook) != before.end()) continue;
    changes.text.push_back("hooks: " + Told(hook) + (changes.first ? "" : ": added") + ", timeout " +
                           Word(hook.timeout));
  }
}

void CompareRemediation(const model::RemediationPolicy& before, const model::RemediationPolicy& after, Lines& changes) {
  Compare("remediation.action", before.action, after.action, changes);
  Compare("remediation.maxUnhealthy", before.max_unhealthy, after.max_unhealthy, changes);
  Compare("remediation.unhealthyRange", before.unhealthy_range, after.unhealthy_range, changes);
  Compare("remediation.maxInFlight", before.max_in_flight, after.max_in_flight, changes);
  Compare("remediation.rate", before.rate, after.rate, changes);
  Compare("remediation.minCapacity", before.min_capacity, after.min_capacity, changes);
  Compare("remediation.retry", before.retry, after.retry, changes);
  Compare("remediation.flapping", before.flapping, after.flapping, changes);
  Compare("remediation.suspendAfter", before.suspend_after, after.suspend_after, changes);
  if (before.blast_cap != after.blast_cap) {
    const auto word = [](const auto& cap) { return cap ? Word(*cap) : std::string("default"); };
    changes.Add("remediation.blastCap", word(before.blast_cap), word(after.blast_cap));
  }
}

void ComparePolicies(const model::GroupPolicy& before, const model::GroupPolicy& after, Lines& changes) {
  if (before == after) return;
  Compare("min", before.min, after.min, changes);
  Compare("max", before.max, after.max, changes);
  Compare("rollout.maxSurge", before.rollout.max_surge, after.rollout.max_surge, changes);
  Compare("rollout.maxUnavailable", before.rollout.max_unavailable, after.rollout.max_unavailable, changes);
  Compare("rollout.order", before.rollout.order, after.rollout.order, changes);
  Compare("rollout.bake", before.rollout.bake, after.rollout.bake, changes);
  Compare("timeouts.create", before.timeouts.create, after.timeouts.create, changes);
  Compare("timeouts.join", before.timeouts.join, after.timeouts.join, changes);
  Compare("timeouts.destroy", before.timeouts.destroy, after.timeouts.destroy, changes);
  Compare("remediation.backoff.base", before.backoff_base, after.backoff_base, changes);
  Compare("remediation.backoff.max", before.backoff_max, after.backoff_max, changes);
  CompareRemediation(before.remediation, after.remediation, changes);
  CompareChecks(before.checks, after.checks, changes);
  CompareHooks(before.hooks, after.hooks, changes);
  if (before.drain.exec != after.drain.exec) {
    changes.Add("drain.exec", Quoted(before.drain.exec), Quoted(after.drain.exec));
  }
  Compare("drain.timeout", before.drain.timeout, after.drain.timeout, changes);
  Compare("drain.unreachable", before.drain.unreachable, after.drain.unreachable, changes);
  if (before.quorum != after.quorum) {
    const auto word = [](bool quorum) { return std::string(quorum ? "quorum" : "plain"); };
    changes.Add("kind", word(before.quorum), word(after.quorum));
  }
  Compare("orphans", before.orphans, after.orphans, changes);
  Compare("preventDestroy", before.prevent_destroy, after.prevent_destroy, changes);
  Compare("approval.destroyMoreThan", before.destroy_more_than, after.destroy_more_than, changes);
  Compare("dependsOn", before.depends_on, after.depends_on, changes);
  CompareSections(before.not_in_force, after.not_in_force, changes);
}

}  // namespace

std::vector<std::string> PolicyChanges(const model::GroupPolicy& before, const model::GroupPolicy& after) {
  Lines changes;
  ComparePolicies(before, after, changes);
  return std::move(changes.text);
}

std::vector<std::string> FirstPolicy(const model::GroupPolicy& policy) {
  Lines lines{.first = true, .text = {}};
  ComparePolicies({}, policy, lines);
  return std::move(lines.text);
}

}  // namespace kadende::plan
