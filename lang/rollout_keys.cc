// How a changed group is brought to its new revision: the keys of `rollout`.
#include <array>

#include "lang/key_tables.h"

namespace kadende::lang {
namespace {

using enum ValueType;
using enum Interpolation;

constexpr std::array<std::string_view, 5> kStrategies = {"rolling", "recreate", "on-delete", "blue-green", "in-place"};
constexpr std::array<std::string_view, 3> kOrders = {"auto", "launch-first", "destroy-first"};
constexpr std::array<std::string_view, 3> kFailureActions = {"pause", "rollback", "continue"};

constexpr std::array<Key, 12> kRolloutKeys = {{
    {.name = "strategy",
     .type = kChoice,
     .description = "how a changed group is brought to its new revision",
     .interpolation = kGroup,
     .fallback = "rolling",
     .choices = kStrategies},
    {.name = "maxSurge",
     .type = kCountOrPercent,
     .description = "nodes above size during a rollout; rounds up",
     .interpolation = kGroup,
     .max = kMaxGroupSize,
     .fallback = "1"},
    {.name = "maxUnavailable",
     .type = kCountOrPercent,
     .description = "nodes that may be missing during a rollout; rounds down",
     .interpolation = kGroup,
     .max = kMaxGroupSize,
     .fallback = "0"},
    {.name = "bake",
     .type = kDuration,
     .description = "a new node must be healthy this long before the next; default: 30s with healthChecks, else 0s",
     .interpolation = kGroup,
     .max = 30 * kDay},
    {.name = "order",
     .type = kChoice,
     .description = "which instance of a replaced node comes first; auto: launch-first where identity allows it",
     .interpolation = kGroup,
     .fallback = "auto",
     .choices = kOrders},
    {.name = "pause",
     .type = kDuration,
     .description = "wait between a replaced node and the next in its turn",
     .interpolation = kGroup,
     .max = 30 * kDay,
     .fallback = "0s"},
    {.name = "canary",
     .type = kCountOrPercent,
     .description = "so many nodes become new, the others wait for `kadende rollout promote`; rounds up",
     .interpolation = kGroup,
     .max = kMaxGroupSize},
    {.name = "checkpoints",
     .type = kCounts,
     .description = "numbers of new nodes at which the rollout stops on its way; round up",
     .interpolation = kGroup,
     .max = kMaxGroupSize},
    {.name = "checkpointWait",
     .type = kDuration,
     .description = "a checkpoint lets go by itself after this long; 0s: only `kadende rollout promote` lets it",
     .interpolation = kGroup,
     .max = 30 * kDay,
     .fallback = "1h"},
    {.name = "failureThreshold",
     .type = kCountOrPercent,
     .description = "new nodes that may fail before `onFailure`; rounds down",
     .interpolation = kGroup,
     .max = kMaxGroupSize,
     .fallback = "0"},
    {.name = "onFailure",
     .type = kChoice,
     .description = "what follows when more new nodes failed",
     .interpolation = kGroup,
     .fallback = "pause",
     .choices = kFailureActions},
    {.name = "progressDeadline",
     .type = kDuration,
     .description = "without one more new node that is well for this long, the rollout has failed",
     .interpolation = kGroup,
     .min = kSecond,
     .max = 30 * kDay,
     .fallback = "1h"},
}};

}  // namespace

constexpr Table kRolloutTable = {"rollout", kRolloutKeys};

}  // namespace kadende::lang
