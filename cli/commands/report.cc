#include "cli/commands/report.h"

#include <algorithm>

#include "cli/find_node.h"
#include "cli/opened_cluster.h"
#include "cli/view/health_text.h"
#include "engine/base/text.h"

namespace kadende::cli {
namespace {

constexpr base::Millis kLongestTtl = std::chrono::hours(24 * 365);

// Of all checks that hear it, the one that believes it longest; zero: none does.
base::Millis WorthOf(const model::GroupPolicy& policy) {
  base::Millis worth{0};
  for (const model::HealthCheck& check : policy.checks) {
    if (check.type != model::CheckType::kPushed) continue;
    worth = std::max(worth, check.ttl > base::Millis(0) ? check.ttl : 3 * check.interval);
  }
  return worth;
}

base::Result<base::Millis> TtlOf(const ReportOptions& options, const FoundNode& node, const model::GroupState& group) {
  const base::Millis worth = WorthOf(group.record.target.policy);
  if (worth == base::Millis(0)) {
    return base::Fail(base::ErrorCode::kInvalid,
                      "group " + node.group +
                          " has no check of type `pushed`, so nobody would hear it: add `- {type: pushed}` to its "
                          "healthChecks and apply");
  }
  if (options.ttl.empty()) return worth;
  const auto ttl = base::ParseDuration(options.ttl);
  if (!ttl) {
    return base::Fail(base::ErrorCode::kInvalid,
                      "--ttl `" + options.ttl + "` is no duration: write it as 10s, 5m or 1h30m");
  }
  if (*ttl < base::Millis(1000) || *ttl > kLongestTtl) {
    return base::Fail(base::ErrorCode::kInvalid, "--ttl must be between 1s and 365d");
  }
  return *ttl;
}

// Whether a watch keeps up what is known of the node.
bool IsLookedAt(ports::HealthStore& store, const std::string& lineage, const FoundNode& node,
                const model::GroupPolicy& policy, base::TimePoint now) {
  const auto health = store.LoadHealth(lineage);
  if (!health) return true;  // nothing is known, so nothing is said
  const auto rows = health->find(node.group);
  const model::NodeHealth* known =
      rows == health->end() ? nullptr : model::FindHealth(rows->second, model::KeyOf(node.record));
  return known != nullptr && !IsStale(*known, policy, now);
}

}  // namespace

void DefineReport(CommandSetup& setup, ReportOptions& options) {
  setup.Add({"NODE", "", "The node, as web[0] or web-0", {}, true}, &options.node);
  setup.Add({"STATE", "", "healthy or unhealthy", {"healthy", "unhealthy"}, true}, &options.state);
  setup.Add(
      {"--ttl", "DURATION", "How long it is worth something; default: the check's ttl, or three intervals", {}, false},
      &options.ttl);
  setup.Add({"--reason", "TEXT", "Why, for plans and events", {}, false}, &options.reason);
  DefineCluster(setup, options.cluster);
}

int RunReport(const ReportOptions& options, Console& console) {
  auto opened = OpenCluster(console, true, options.cluster);
  if (!opened) return console.Fail(opened.error());
  auto state = opened->Load();
  if (!state) return console.Fail(state.error());
  auto node = FindNode(*state, options.node);
  if (!node) return console.Fail(node.error());
  const model::GroupState& group = state->groups.at(node->group);
  const auto ttl = TtlOf(options, *node, group);
  if (!ttl) return console.Fail(ttl.error());

  model::HealthReport report;
  report.group = node->group;
  report.slot_key = node->record.slot.Key();
  report.incarnation = node->record.incarnation;
  report.healthy = options.state == "healthy";
  report.source = Actor();
  report.message = options.reason.empty() ? "reported by " + report.source : options.reason;
  report.at = opened->session->clock().Now();
  report.until = report.at + *ttl;
  ports::HealthStore& store = *opened->session->health();
  if (auto put = store.PutReport(opened->cluster.lineage, report); !put) return console.Fail(put.error());

  const std::string display = model::NodeAddress{node->group, node->record.slot}.Display();
  const bool heard = IsLookedAt(store, opened->cluster.lineage, *node, group.record.target.policy, report.at);
  if (!heard) {
    console.Note("warning: nobody looks at " + base::EscapeTerminal(display) +
                 " now: the report counts when `kadende watch` does, before it lapses\n");
  }
  if (console.common().json) {
    console.Out("{\"type\":\"report\",\"node\":" + base::QuoteJson(display) + ",\"state\":\"" + options.state +
                "\",\"until\":\"" + base::FormatRfc3339(report.until, true) +
                "\",\"heard\":" + (heard ? "true" : "false") + "}\n");
  } else {
    console.Out(base::EscapeTerminal(display) + " is reported " + options.state + " until " +
                base::FormatRfc3339(report.until) + ".\n");
  }
  return kExitOk;
}

}  // namespace kadende::cli
