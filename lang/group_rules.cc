#include "lang/group_rules.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/model/expression.h"
#include "engine/ports/health_probe.h"
#include "lang/checked.h"

namespace kadende::lang {
namespace {

using base::Json;

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
    const model::RolloutPolicy& rollout = spec_.policy.rollout;
    if (rollout.max_surge.value == 0 && rollout.max_unavailable.value == 0) {
      Error("rollout.maxSurge", "`maxSurge` and `maxUnavailable` are both 0: no node could ever be replaced",
            "one node more (maxSurge: 1) or one node less (maxUnavailable: 1) makes room");
    }
    CheckStrategy(rollout);
    if (rollout.canary && rollout.canary->value == 0) {
      Error("rollout.canary", "a canary has at least one node",
            "`kadende hold GROUP --only rollout` keeps all as they are");
    }
    const auto nodes = [this](const model::CountOrPercent& count) { return count.RoundUp(spec_.size); };
    if (!rollout.checkpoints.empty() && rollout.checkpoints.front().value == 0) {
      Error("rollout.checkpoints[0]", "a checkpoint comes after at least one node");
    }
    for (std::size_t i = 0; i + 1 < rollout.checkpoints.size(); ++i) {
      const auto& [here, next] = std::tie(rollout.checkpoints[i], rollout.checkpoints[i + 1]);
      if (here.percent == next.percent ? here.value < next.value : nodes(here) <= nodes(next)) continue;
      Error("rollout.checkpoints[" + std::to_string(i + 1) + "]",
            "the checkpoint " + next.ToText() + " is not behind the one before it (" + here.ToText() + ")",
            "checkpoints rise, like `[10%, 50%]`");
    }
  }

  // What a strategy cannot have: it would be silently without effect.
  void CheckStrategy(const model::RolloutPolicy& rollout) {
    using enum model::RolloutStrategy;
    const std::string name = "`" + std::string(model::StrategyName(rollout.strategy)) + "`";
    const bool stepwise = rollout.strategy == kRolling || rollout.strategy == kInPlace;
    for (const std::string key : {"rollout.canary", "rollout.checkpoints"}) {
      if (!stepwise && Has(key)) Error(key, "the strategy " + name + " does not go step by step", "leave it out");
    }
    if (rollout.strategy == kBlueGreen && rollout.order == model::ReplaceOrder::kDestroyFirst) {
      Error("rollout.order", "the strategy " + name + " has the new nodes first", "leave `order` out");
    }
    if (rollout.strategy == kRecreate && rollout.order == model::ReplaceOrder::kLaunchFirst) {
      Error("rollout.order", "the strategy " + name + " has the old nodes go first", "leave `order` out");
    }
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

void CheckGroup(const Json& group, const model::GroupSpec& spec, const std::string& yaml_path,
                const Positions& positions, Report* report) {
  GroupRules(group, spec, yaml_path, positions, report).Check();
}

}  // namespace kadende::lang
