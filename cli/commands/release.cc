#include "cli/commands/release.h"

#include <algorithm>

#include "cli/find_node.h"
#include "cli/view/health_text.h"
#include "cli/view/node_rows.h"
#include "engine/base/text.h"
#include "engine/plan/brake_words.h"

namespace kadende::cli {
namespace {

constexpr base::Millis kShortest = std::chrono::seconds(1);
constexpr base::Millis kLongest = std::chrono::hours(24);

bool IsReleasable(const model::GroupRecord& record) {
  return std::any_of(record.brakes.begin(), record.brakes.end(),
                     [](const model::Brake& brake) { return plan::IsReleasable(brake.kind); });
}

// What a watch knows of a group's unhealthy nodes.
struct Unhealthy {
  std::vector<const model::NodeHealth*> nodes;
  bool stale = true;  // nobody looks now
};

Unhealthy FindUnhealthy(const NodesSeen& seen, const std::string& path, base::TimePoint now) {
  Unhealthy found;
  NodesTableOptions options;
  options.group = path;
  options.now = now;
  for (const NodeRow& row : NodeRows(seen, options)) {
    if (row.group != path || row.health == nullptr) continue;
    found.stale = found.stale && row.stale;
    if (row.IsUnhealthy()) found.nodes.push_back(row.health);
  }
  return found;
}

// There is nothing to release; what holds unhealthy nodes back instead is what the person is after.
base::Error NotBraked(const std::string& path, const Unhealthy& unhealthy) {
  std::string message = "no brake that can be released holds " + path;
  const std::vector<LeftAlone> left = GatherLeftAlone(path, unhealthy.nodes);
  for (const LeftAlone& why : left) message += "\n" + LeftAloneText(why);
  if (left.empty()) {
    message += unhealthy.nodes.empty() ? "; none of its nodes is known to be unhealthy"
                                       : "; " + base::Count(unhealthy.nodes.size(), "unhealthy node") +
                                             " will be replaced by the next pass";
  }
  return base::Error{base::ErrorCode::kInvalid, std::move(message), base::Effect::kNone, std::nullopt};
}

std::vector<std::string> WhatHappens(const model::GroupRecord& record, const Unhealthy& unhealthy,
                                     base::TimePoint until) {
  std::vector<std::string> lines{record.path + ": the brake is released until " + base::FormatRfc3339(until) + "."};
  if (unhealthy.nodes.empty()) {
    lines.emplace_back("None of its nodes is known to be unhealthy: what was until now is replaced.");
  } else {
    lines.push_back(Named(NamesOf(record.path, unhealthy.nodes)) +
                    " unhealthy: the next passes of `kadende watch` replace " +
                    (unhealthy.nodes.size() == 1 ? "it" : "them") + ", maxInFlight " +
                    record.target.policy.remediation.max_in_flight.ToText() + " at a time.");
  }
  lines.emplace_back("What becomes unhealthy from now on stays braked.");
  if (unhealthy.stale) {
    lines.emplace_back("Nobody looks at the group now: start `kadende watch`, or the release lapses unused.");
  }
  return lines;
}

model::StateChanges Changes(const model::ClusterState& state, const std::string& path, base::TimePoint now,
                            base::TimePoint until) {
  model::GroupRecord record = state.groups.at(path).record;
  record.release = model::Release{Actor(), now, until};
  model::Event event;
  event.time = now;
  event.kind = model::EventKind::kBrakeReleased;
  event.reason = model::Reason::kRequested;
  event.cluster = state.cluster.name;
  event.group = path;
  event.actor = record.release->actor;
  event.message = path + " is released by " + event.actor + " until " + base::FormatRfc3339(until);
  for (const model::Brake& brake : record.brakes) {
    event.message += "; it was braked by " + std::string(model::BrakeName(brake.kind)) + ": " + brake.detail;
  }
  return {model::GroupRecorded{std::move(record)}, model::EventRecorded{std::move(event)}};
}

EditReport Told(const model::GroupRecord& record, const Unhealthy& unhealthy, base::TimePoint until) {
  std::string nodes;
  for (const model::NodeHealth* node : unhealthy.nodes) {
    nodes += (nodes.empty() ? "" : ",") + base::QuoteJson(model::NodeAddress{record.path, node->slot}.Display());
  }
  return {"{\"type\":\"release\",\"group\":" + base::QuoteJson(record.path) + ",\"until\":\"" +
              base::FormatRfc3339(until, true) + "\",\"unhealthy\":[" + nodes +
              "],\"watched\":" + (unhealthy.stale ? "false" : "true") + "}",
          WhatHappens(record, unhealthy, until)};
}

}  // namespace

void DefineRelease(CommandSetup& setup, ReleaseOptions& options) {
  setup.Add({"GROUP", "", "The group whose brake is to be lifted once", {}, true}, &options.group);
  setup.Add({"--for", "DURATION", "It lapses after this long, used or not", {}, false}, &options.duration);
  DefineEdit(setup, options);
}

int RunRelease(const ReleaseOptions& options, Console& console) {
  if (options.duration < kShortest || options.duration > kLongest) {
    return console.Fail("--for must be between 1s and 24h");
  }
  auto opened = OpenCluster(console, true, options.cluster);
  if (!opened) return console.Fail(opened.error());
  const auto health = opened->session->health()->LoadHealth(opened->cluster.lineage);
  if (!health) return console.Fail(health.error());

  base::TimePoint until{};
  model::ClusterState seen;
  apply::EditRequest edit;
  edit.group = options.group;
  edit.subject = "release " + opened->cluster.name + ": " + options.group;
  edit.change = [&](const model::ClusterState& state) -> base::Result<model::StateChanges> {
    const auto group = state.groups.find(options.group);
    if (group == state.groups.end() || !IsInForce(group->second.record)) {
      return tl::unexpected(NoGroup(state, options.group));
    }
    const base::TimePoint now = opened->session->clock().Now();
    if (!IsReleasable(group->second.record)) {
      return tl::unexpected(NotBraked(options.group, FindUnhealthy({state, nullptr, &*health}, options.group, now)));
    }
    until = now + options.duration;
    seen = state;
    return Changes(state, options.group, now, until);
  };
  return EditCluster(*opened, options, console, std::move(edit), [&] {
    const Unhealthy unhealthy = FindUnhealthy({seen, nullptr, &*health}, options.group, opened->session->clock().Now());
    return Told(seen.groups.at(options.group).record, unhealthy, until);
  });
}

}  // namespace kadende::cli
