#include "lang/keys.h"

#include <algorithm>
#include <array>

#include "lang/key_tables.h"

namespace kadende::lang {
namespace {

using enum ValueType;
using enum Interpolation;

constexpr std::array<std::string_view, 4> kVariableTypes = {"string", "integer", "number", "boolean"};
constexpr std::array<Key, 3> kVariableKeys = {{
    {.name = "type",
     .type = kChoice,
     .description = "type of its values",
     .fallback = "string",
     .choices = kVariableTypes},
    {.name = "default", .type = kScalar, .description = "value where none is given; without it one must be given"},
    {.name = "description", .type = kText, .description = "what it is for"},
}};
constexpr Table kVariable = {"variable", kVariableKeys};

constexpr std::array<std::string_view, 2> kOnRemoteLoss = {"freeze", "continue"};
constexpr std::array<Key, 2> kStateKeys = {{
    {.name = "remote",
     .type = kText,
     .description = "git remote (name or address) through which machines share the state"},
    {.name = "onRemoteLoss",
     .type = kChoice,
     .description = "what watch does while the remote cannot be reached",
     .fallback = "freeze",
     .choices = kOnRemoteLoss},
}};
constexpr Table kState = {"state", kStateKeys};

constexpr std::array<Key, 1> kApprovalKeys = {{
    {.name = "destroyMoreThan",
     .type = kCountOrPercent,
     .description = "a plan that destroys more of a group than this needs `--approve PLAN-HASH`"},
}};
constexpr Table kApproval = {"approval", kApprovalKeys};

constexpr std::array<Key, 3> kPluginKeys = {{
    {.name = "name",
     .type = kText,
     .description = "provider that makes the group's nodes",
     .required = true,
     .interpolation = kGroup},
    {.name = "version",
     .type = kText,
     .description = "version of the provider",
     .interpolation = kGroup,
     .fallback = "latest"},
    {.name = "url",
     .type = kText,
     .description = "where the provider's plugin is fetched from",
     .interpolation = kGroup},
}};
constexpr Table kPlugin = {"resourcePlugin", kPluginKeys};

constexpr std::array<std::string_view, 2> kMethods = {"GET", "HEAD"};
constexpr std::array<std::string_view, 6> kCheckTypes = {"http", "tcp", "exec", "plugin", "heartbeat", "pushed"};
constexpr std::array<std::string_view, 2> kProgramPlaces = {"here", "node"};
constexpr std::array<Key, 19> kHealthCheckKeys = {{
    {.name = "name", .type = kName, .description = "name in messages and events"},
    {.name = "type",
     .type = kChoice,
     .description = "how the node is looked at",
     .required = true,
     .choices = kCheckTypes},
    {.name = "url", .type = kText, .description = "address to ask (http)", .interpolation = kNode},
    {.name = "address", .type = kText, .description = "host:port to connect to (tcp)", .interpolation = kNode},
    {.name = "command", .type = kTexts, .description = "program and arguments to run (exec)", .interpolation = kNode},
    {.name = "in",
     .type = kChoice,
     .description = "where the command runs (exec): beside kadende, or inside the node by its provider",
     .interpolation = kGroup,
     .fallback = "here",
     .choices = kProgramPlaces},
    {.name = "method",
     .type = kChoice,
     .description = "how the url is asked (http)",
     .interpolation = kGroup,
     .fallback = "GET",
     .choices = kMethods},
    {.name = "headers", .type = kTextMap, .description = "sent along (http)", .interpolation = kNode},
    {.name = "verifyTls",
     .type = kBoolean,
     .description = "whether an https server must prove its name",
     .interpolation = kGroup,
     .fallback = "true"},
    {.name = "status", .type = kStatuses, .description = "HTTP statuses that are healthy", .fallback = "[200-399]"},
    {.name = "bodyContains",
     .type = kText,
     .description = "text that a healthy answer contains",
     .interpolation = kNode},
    {.name = "interval",
     .type = kDuration,
     .description = "time between two looks",
     .interpolation = kGroup,
     .min = 100,
     .max = kDay,
     .fallback = "10s"},
    {.name = "timeout",
     .type = kDuration,
     .description = "longest time that one look may take",
     .interpolation = kGroup,
     .min = 1,
     .max = kDay,
     .fallback = "5s"},
    {.name = "healthyAfter",
     .type = kInteger,
     .description = "successes in a row that make a node healthy",
     .interpolation = kGroup,
     .min = 1,
     .max = 1000,
     .fallback = "2"},
    {.name = "unhealthyAfter",
     .type = kInteger,
     .description = "failures in a row that make a node unhealthy",
     .interpolation = kGroup,
     .min = 1,
     .max = 1000,
     .fallback = "3"},
    {.name = "initialDelay",
     .type = kDuration,
     .description = "failures are ignored this long after the create",
     .interpolation = kGroup,
     .max = kYear,
     .fallback = "5m"},
    {.name = "unhealthyFor",
     .type = kDuration,
     .description = "a node must stay unhealthy this long before action",
     .interpolation = kGroup,
     .max = kYear,
     .fallback = "5m"},
    {.name = "unknownFor",
     .type = kDuration,
     .description = "unknown this long is unhealthy, if the provider denies the node too",
     .interpolation = kGroup,
     .min = 1000,
     .max = kYear,
     .fallback = "10m"},
    {.name = "ttl",
     .type = kDuration,
     .description = "how long a report counts (heartbeat, pushed); default: three intervals",
     .interpolation = kGroup,
     .min = 100,
     .max = kYear},
}};
constexpr Table kHealthCheck = {"health check", kHealthCheckKeys};

constexpr std::array<std::string_view, 8> kHookPoints = {"pre_create", "post_create", "pre_ready",    "pre_drain",
                                                         "post_drain", "pre_destroy", "post_destroy", "on_failure"};
constexpr std::array<Key, 4> kHookKeys = {{
    {.name = "at", .type = kChoice, .description = "when it runs", .required = true, .choices = kHookPoints},
    {.name = "exec", .type = kTexts, .description = "program and arguments to run", .interpolation = kNode},
    {.name = "url", .type = kText, .description = "address to post the event to", .interpolation = kNode},
    {.name = "timeout",
     .type = kDuration,
     .description = "longest time without a sign of life; output of a program is one",
     .interpolation = kGroup,
     .min = 1,
     .max = 2 * kDay,
     .fallback = "10m"},
}};
constexpr Table kHook = {"hook", kHookKeys};

constexpr std::array<Key, 3> kDrainKeys = {{
    {.name = "exec",
     .type = kTexts,
     .description = "program that moves work off the node: 0 it is off, 75 not yet; asked until then",
     .interpolation = kNode},
    {.name = "timeout",
     .type = kDuration,
     .description = "longest wait for work to leave a node",
     .interpolation = kGroup,
     .max = 30 * kDay,
     .fallback = "15m"},
    {.name = "unreachable",
     .type = kDuration,
     .description = "the same for a node that cannot answer",
     .interpolation = kGroup,
     .max = 30 * kDay,
     .fallback = "1m"},
}};
constexpr Table kDrain = {"drain", kDrainKeys};

constexpr std::array<Key, 3> kTimeoutKeys = {{
    {.name = "create",
     .type = kDuration,
     .description = "longest time that a create may take",
     .interpolation = kGroup,
     .min = 1,
     .max = 30 * kDay,
     .fallback = "5m"},
    {.name = "join",
     .type = kDuration,
     .description = "a new node must be healthy after this",
     .interpolation = kGroup,
     .min = 1,
     .max = 30 * kDay,
     .fallback = "15m"},
    {.name = "destroy",
     .type = kDuration,
     .description = "longest time that a destroy may take",
     .interpolation = kGroup,
     .min = 1,
     .max = 30 * kDay,
     .fallback = "5m"},
}};
constexpr Table kTimeouts = {"timeouts", kTimeoutKeys};

constexpr std::array<std::string_view, 3> kOrphans = {"destroy", "report", "adopt"};
constexpr std::array<std::string_view, 2> kKinds = {"plain", "quorum"};
constexpr std::array<Key, 18> kGroupKeys = {{
    {.name = "size",
     .type = kInteger,
     .description = "number of nodes; required unless logicalIds are given",
     .in_defaults = false,
     .interpolation = kGroup,
     .max = kMaxGroupSize},
    {.name = "min",
     .type = kInteger,
     .description = "size may not be below",
     .interpolation = kGroup,
     .max = kMaxGroupSize,
     .fallback = "0"},
    {.name = "max",
     .type = kInteger,
     .description = "size may not be above; unset: the size",
     .interpolation = kGroup,
     .max = kMaxGroupSize},
    {.name = "kind",
     .type = kChoice,
     .description = "quorum: healing never takes a member away while half of them or fewer would be left",
     .interpolation = kGroup,
     .fallback = "plain",
     .choices = kKinds},
    {.name = "logicalIds", .type = kNames, .description = "names of the nodes, instead of size", .in_defaults = false},
    {.name = "movedFrom",
     .type = kGroupPath,
     .description = "former path of the group; its nodes are kept",
     .in_defaults = false},
    {.name = "dependsOn",
     .type = kGroupPaths,
     .description = "groups (or folders of groups) that are brought up before this one",
     .in_defaults = false},
    {.name = "resourcePlugin", .type = kTable, .description = "the provider of the group's nodes", .table = &kPlugin},
    {.name = "resourceProperties",
     .type = kFree,
     .description = "what the provider is told about each node",
     .interpolation = kNode},
    {.name = "labels",
     .type = kTextMap,
     .description = "words that the nodes carry; changing them replaces nothing",
     .interpolation = kGroup},
    {.name = "healthChecks", .type = kTables, .description = "how nodes are looked at", .table = &kHealthCheck},
    {.name = "remediation",
     .type = kTable,
     .description = "what is done about nodes that fail",
     .table = &kRemediationTable},
    {.name = "rollout", .type = kTable, .description = "how changes reach the nodes", .table = &kRolloutTable},
    {.name = "hooks",
     .type = kTables,
     .description = "programs and requests at points of a node's life",
     .table = &kHook},
    {.name = "drain", .type = kTable, .description = "how work leaves a node before its destroy", .table = &kDrain},
    {.name = "timeouts", .type = kTable, .description = "how long a provider may take", .table = &kTimeouts},
    {.name = "orphans",
     .type = kChoice,
     .description = "what happens to instances that the state has given up",
     .interpolation = kGroup,
     .fallback = "destroy",
     .choices = kOrphans},
    {.name = "preventDestroy",
     .type = kBoolean,
     .description = "refuse every plan that destroys a node of the group",
     .interpolation = kGroup,
     .fallback = "false"},
}};
constexpr Table kGroupTable = {"group", kGroupKeys};

constexpr std::array<Key, 10> kClusterKeys = {{
    {.name = "version", .type = kText, .description = "the user's label of this configuration", .required = true},
    {.name = "name",
     .type = kName,
     .description = "name of the cluster; a new name renames it in place",
     .required = true},
    {.name = "id", .type = kName, .description = "id of the cluster; generated once and kept where it is absent"},
    {.name = "kadende", .type = kVersions, .description = "versions of the tool that may act on this file"},
    {.name = "variables",
     .type = kNamedTables,
     .description = "values that --var and --var-file give",
     .table = &kVariable},
    {.name = "defaults",
     .type = kDefaults,
     .description = "merged under every group; the group's own values win",
     .table = &kGroupTable},
    {.name = "pluginIndex",
     .type = kText,
     .description = "address of plugins without a url, with {name}, {version}, {os} and {arch}"},
    {.name = "state", .type = kTable, .description = "where the state is kept", .table = &kState},
    {.name = "approval", .type = kTable, .description = "which plans need a person's approval", .table = &kApproval},
    {.name = "groups",
     .type = kGroups,
     .description = "the groups of nodes, and folders of them",
     .required = true,
     .table = &kGroupTable},
}};
constexpr Table kCluster = {"cluster", kClusterKeys};

}  // namespace

const Key* Table::Find(std::string_view key) const {
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return k.name == key; });
  return found == keys.end() ? nullptr : &*found;
}

const Table& ClusterTable() {
  return kCluster;
}

const Table& GroupTable() {
  return kGroupTable;
}

bool MarksGroup(std::string_view key) {
  return key == "size" || key == "logicalIds" || key == "resourcePlugin";
}

}  // namespace kadende::lang
