#include "engine/model/names.h"

#include "engine/model/event.h"
#include "engine/model/health.h"
#include "engine/model/health_check.h"
#include "engine/model/hook.h"
#include "engine/model/instance.h"
#include "engine/model/plan.h"
#include "engine/model/reason.h"
#include "engine/model/record.h"

namespace kadende::model {
namespace {

constexpr NameTable<Reason, 18> kReasons({"size_up", "size_down", "group_removed", "revision_changed", "unhealthy",
                                          "missing", "terminated", "stray", "tainted", "requested", "interrupted",
                                          "labels_changed", "properties_changed", "policy_changed", "moved",
                                          "dependency", "replaced", "secret_changed"});
static_assert(kReasons.Name(Reason::kSecretChanged) == "secret_changed");

constexpr NameTable<EventKind, 48> kEvents({"run_started",      "run_finished",
                                            "run_interrupted",  "action_started",
                                            "action_retried",   "node_created",
                                            "node_updated",     "node_destroyed",
                                            "create_failed",    "destroy_failed",
                                            "update_failed",    "action_skipped",
                                            "intent_settled",   "node_gone",
                                            "stray_found",      "group_frozen",
                                            "group_backoff",    "group_converged",
                                            "node_tainted",     "node_untainted",
                                            "published",        "group_changed",
                                            "watch_started",    "watch_stopped",
                                            "pass_failed",      "log",
                                            "node_healthy",     "node_unhealthy",
                                            "node_unknown",     "brake_on",
                                            "brake_off",        "brake_released",
                                            "pass_recovered",   "held",
                                            "unheld",           "hold_lapsed",
                                            "node_adopted",     "node_forgotten",
                                            "state_pulled",     "run_claimed",
                                            "run_taken_over",   "node_configured",
                                            "hook_failed",      "rollout_started",
                                            "rollout_stopped",  "rollout_resumed",
                                            "rollout_finished", "rollout_taken_back"});
static_assert(kEvents.Name(EventKind::kLog) == "log");
static_assert(kEvents.Name(kLastEventKind) == "rollout_taken_back");

constexpr NameTable<InstanceStatus, 7> kStatuses({"pending", "running", "unhealthy", "stopped", "terminating",
                                                  "terminated", "unknown"});
static_assert(kStatuses.Name(InstanceStatus::kUnknown) == "unknown");

constexpr NameTable<ActionKind, 10> kActions({"create", "gate", "hook", "drain", "restart", "update", "destroy",
                                              "adopt", "forget", "set"});
static_assert(kActions.Name(ActionKind::kSet) == "set");

constexpr NameTable<CheckType, 6> kCheckTypes({"provider", "tcp", "http", "exec", "heartbeat", "pushed"});
static_assert(kCheckTypes.Name(CheckType::kPushed) == "pushed");

constexpr NameTable<RemedyAction, 5> kRemedies({"replace", "restart", "reimage", "reconfigure", "external"});
static_assert(kRemedies.Name(RemedyAction::kExternal) == "external");

constexpr NameTable<HookPoint, 8> kHookPoints({"pre_create", "post_create", "pre_ready", "pre_drain", "post_drain",
                                               "pre_destroy", "post_destroy", "on_failure"});
static_assert(kHookPoints.Name(HookPoint::kOnFailure) == "on_failure");

constexpr NameTable<BrakeKind, 8> kBrakes({"maxUnhealthy", "unhealthyRange", "rate", "minCapacity", "blastCap",
                                           "quarantine", "suspended", "quorum"});
static_assert(kBrakes.Name(kLastBrakeKind) == "quorum");

constexpr NameTable<Process, 7> kProcesses({"create", "destroy", "health", "remediate", "rollout", "scale_in",
                                            "replace"});
static_assert(kProcesses.Name(kLastProcess) == "replace");

constexpr NameTable<HealthState, 4> kHealthStates({"initializing", "healthy", "unhealthy", "unknown"});
static_assert(kHealthStates.Name(HealthState::kUnknown) == "unknown");

}  // namespace

std::string_view ReasonName(Reason reason) {
  return kReasons.Name(reason);
}
std::optional<Reason> ParseReason(std::string_view name) {
  return kReasons.Parse(name);
}

std::string_view EventKindName(EventKind kind) {
  return kEvents.Name(kind);
}
std::optional<EventKind> ParseEventKind(std::string_view name) {
  return kEvents.Parse(name);
}

bool IsStored(EventKind kind) {
  return kind != EventKind::kActionStarted && kind != EventKind::kActionRetried && kind != EventKind::kLog;
}

std::string_view InstanceStatusName(InstanceStatus status) {
  return kStatuses.Name(status);
}
bool ParseInstanceStatus(std::string_view name, InstanceStatus* status) {
  const auto parsed = kStatuses.Parse(name);
  if (parsed) *status = *parsed;
  return parsed.has_value();
}

std::string_view CheckTypeName(CheckType type) {
  return kCheckTypes.Name(type);
}
std::optional<CheckType> ParseCheckType(std::string_view name) {
  return kCheckTypes.Parse(name);
}

std::string_view RemedyActionName(RemedyAction action) {
  return kRemedies.Name(action);
}
std::optional<RemedyAction> ParseRemedyAction(std::string_view name) {
  return kRemedies.Parse(name);
}

std::string_view HookPointName(HookPoint point) {
  return kHookPoints.Name(point);
}
std::optional<HookPoint> ParseHookPoint(std::string_view name) {
  return kHookPoints.Parse(name);
}

std::string_view BrakeName(BrakeKind kind) {
  return kBrakes.Name(kind);
}
std::optional<BrakeKind> ParseBrakeKind(std::string_view name) {
  return kBrakes.Parse(name);
}

std::string_view ProcessName(Process process) {
  return kProcesses.Name(process);
}
std::optional<Process> ParseProcess(std::string_view name) {
  return kProcesses.Parse(name);
}
Processes ReadProcesses(const std::vector<std::string>& names) {
  Processes read;
  for (const std::string& name : names) {
    const auto process = ParseProcess(name);
    if (!process) return {};
    read.Add(*process);
  }
  return read;
}
std::vector<std::string> ProcessNames(Processes processes) {
  std::vector<std::string> names;
  for (unsigned i = 0; i <= static_cast<unsigned>(kLastProcess); ++i) {
    const auto process = static_cast<Process>(i);
    if (processes.Has(process)) names.emplace_back(ProcessName(process));
  }
  return names;
}

std::string_view HealthStateName(HealthState state) {
  return kHealthStates.Name(state);
}
std::optional<HealthState> ParseHealthState(std::string_view name) {
  return kHealthStates.Parse(name);
}

std::string_view ActionKindName(ActionKind kind) {
  return kActions.Name(kind);
}
std::optional<ActionKind> ParseActionKind(std::string_view name) {
  return kActions.Parse(name);
}

}  // namespace kadende::model
