#include "cli/view/event_text.h"

#include "cli/view/style.h"
#include "engine/base/json.h"
#include "engine/base/text.h"
#include "engine/base/time.h"

namespace kadende::cli {
namespace {

using base::EscapeTerminal;
using model::EventKind;

constexpr std::size_t kKindWidth = 15;  // the longest names, "node_configured", as they are

Color ColorOf(EventKind kind) {
  switch (kind) {
    case EventKind::kNodeCreated:
    case EventKind::kNodeUpdated:
    case EventKind::kGroupConverged:
    case EventKind::kNodeHealthy:
    case EventKind::kBrakeOff:
    case EventKind::kPassRecovered:
    case EventKind::kNodeAdopted:
    case EventKind::kNodeConfigured:
    case EventKind::kRolloutFinished:
      return Color::kGreen;
    case EventKind::kCreateFailed:
    case EventKind::kDestroyFailed:
    case EventKind::kUpdateFailed:
    case EventKind::kPassFailed:
    case EventKind::kHookFailed:
    case EventKind::kNodeGone:
    case EventKind::kNodeUnhealthy:
      return Color::kRed;
    case EventKind::kActionRetried:
    case EventKind::kActionSkipped:
    case EventKind::kStrayFound:
    case EventKind::kGroupFrozen:
    case EventKind::kGroupBackoff:
    case EventKind::kRunInterrupted:
    case EventKind::kNodeTainted:
    case EventKind::kNodeUnknown:
    case EventKind::kBrakeOn:
    case EventKind::kBrakeReleased:
    case EventKind::kHeld:
    case EventKind::kRunTakenOver:
    case EventKind::kNodeForgotten:
    case EventKind::kRolloutStopped:
    case EventKind::kRolloutTakenBack:
      return Color::kYellow;
    case EventKind::kRunStarted:
    case EventKind::kRunFinished:
    case EventKind::kActionStarted:
    case EventKind::kNodeDestroyed:
    case EventKind::kIntentSettled:
    case EventKind::kNodeUntainted:
    case EventKind::kUnheld:
    case EventKind::kHoldLapsed:
    case EventKind::kStatePulled:
    case EventKind::kRunClaimed:
    case EventKind::kRolloutStarted:
    case EventKind::kRolloutResumed:
    case EventKind::kPublished:
    case EventKind::kGroupChanged:
    case EventKind::kWatchStarted:
    case EventKind::kWatchStopped:
    case EventKind::kLog:
      return Color::kNone;
  }
  return Color::kNone;
}

std::string Subject(const model::Event& event, bool with_cluster) {
  std::string text = with_cluster ? EscapeTerminal(event.cluster) : std::string();
  if (event.group.empty()) return text;
  if (with_cluster) text += ":";
  text += EscapeTerminal(event.group);
  if (!event.slot_key.empty()) text += "[" + EscapeTerminal(event.slot_key) + "]";
  return text;
}

}  // namespace

std::string EventLine(const model::Event& event, const EventTextOptions& options) {
  std::string line;
  const auto add = [&line](const std::string& part) {
    if (!part.empty()) line += (line.empty() ? "" : "  ") + part;
  };
  if (options.with_time) add(base::FormatRfc3339(event.time));
  add(Paint(options.color, ColorOf(event.kind), PadRight(model::EventKindName(event.kind), kKindWidth)));
  add(Subject(event, options.with_cluster));
  // Messages are whole sentences that begin with their subject, which has a column here.
  const std::string own = Subject(event, false);
  std::string message = EscapeTerminal(event.message);
  for (const char* separator : {" ", ": "}) {
    if (!own.empty() && message.starts_with(own + separator)) message.erase(0, (own + separator).size());
  }
  if (event.reason) message += (message.empty() ? "(" : " (") + std::string(model::ReasonName(*event.reason)) + ")";
  add(message);
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

std::string EventsText(const std::vector<model::Event>& events, const EventTextOptions& options) {
  std::string out;
  for (const auto& event : events) out += EventLine(event, options) + "\n";
  return out;
}

std::string EventJson(const model::Event& event) {
  base::Json json = {{"type", "event"},
                     {"time", base::FormatRfc3339(event.time, true)},
                     {"kind", model::EventKindName(event.kind)},
                     {"cluster", event.cluster}};
  if (event.id != 0) json["id"] = event.id;
  if (event.reason) json["reason"] = model::ReasonName(*event.reason);
  if (!event.group.empty()) json["group"] = event.group;
  if (!event.slot_key.empty()) json["slot"] = event.slot_key;
  if (event.incarnation != 0) json["incarnation"] = event.incarnation;
  if (!event.instance_id.empty()) json["instance"] = event.instance_id;
  if (!event.run_id.empty()) json["run"] = event.run_id;
  if (!event.actor.empty()) json["actor"] = event.actor;
  if (!event.message.empty()) json["message"] = event.message;
  return base::Canonical(json);
}

}  // namespace kadende::cli
