// What is done about nodes that fail: the keys of `remediation`.
#include <array>

#include "lang/key_tables.h"

namespace kadende::lang {
namespace {

using enum ValueType;
using enum Interpolation;

constexpr std::array<Key, 2> kBackoffKeys = {{
    {.name = "base",
     .type = kDuration,
     .description = "wait after the first failed create",
     .interpolation = kGroup,
     .min = 1,
     .max = kDay,
     .fallback = "5s"},
    {.name = "max",
     .type = kDuration,
     .description = "longest wait between two creates",
     .interpolation = kGroup,
     .min = 1,
     .max = 30 * kDay,
     .fallback = "5m"},
}};
constexpr Table kBackoff = {"backoff", kBackoffKeys};

constexpr std::array<Key, 2> kRateKeys = {{
    {.name = "count",
     .type = kCountOrPercent,
     .description = "live nodes that may be given up in that time; percent rounds down, never below 1",
     .interpolation = kGroup,
     .max = kMaxGroupSize,
     .fallback = "10%"},
    {.name = "per",
     .type = kDuration,
     .description = "the time",
     .interpolation = kGroup,
     .min = kSecond,
     .max = kDay,
     .fallback = "10m"},
}};
constexpr Table kRate = {"rate", kRateKeys};

constexpr std::array<Key, 2> kRangeKeys = {{
    {.name = "min",
     .type = kCountOrPercent,
     .description = "fewer failing nodes are left alone",
     .interpolation = kGroup,
     .max = kMaxGroupSize,
     .fallback = "0"},
    {.name = "max",
     .type = kCountOrPercent,
     .description = "more failing nodes are left alone",
     .interpolation = kGroup,
     .max = kMaxGroupSize,
     .fallback = "100%"},
}};
constexpr Table kRange = {"unhealthyRange", kRangeKeys};

constexpr std::array<Key, 3> kRetryKeys = {{
    {.name = "max",
     .type = kInteger,
     .description = "replacements of a slot in a row that do not last; then a person has to look",
     .interpolation = kGroup,
     .min = 1,
     .max = 1000,
     .fallback = "5"},
    {.name = "period",
     .type = kDuration,
     .description = "time between two of them",
     .interpolation = kGroup,
     .max = kDay,
     .fallback = "2m"},
    {.name = "lastsAfter",
     .type = kDuration,
     .description = "a node that was healthy for this long ends the row",
     .interpolation = kGroup,
     .max = kYear,
     .fallback = "1h"},
}};
constexpr Table kRetry = {"retry", kRetryKeys};

constexpr std::array<Key, 2> kFlappingKeys = {{
    {.name = "changes",
     .type = kInteger,
     .description = "so many changes between healthy and unhealthy, and a person has to look; 0: never",
     .interpolation = kGroup,
     .max = 1000,
     .fallback = "4"},
    {.name = "within",
     .type = kDuration,
     .description = "the time in which they are counted",
     .interpolation = kGroup,
     .min = kSecond,
     .max = kDay,
     .fallback = "30m"},
}};
constexpr Table kFlapping = {"flapping", kFlappingKeys};

constexpr std::array<std::string_view, 5> kRemedies = {"replace", "restart", "reimage", "reconfigure", "external"};
constexpr std::array<Key, 11> kRemediationKeys = {{
    {.name = "action",
     .type = kChoice,
     .description = "what is done about an unhealthy node",
     .interpolation = kGroup,
     .fallback = "replace",
     .choices = kRemedies},
    {.name = "maxUnhealthy",
     .type = kCountOrPercent,
     .description = "above this many failing nodes automation destroys nothing",
     .interpolation = kGroup,
     .max = kMaxGroupSize,
     .fallback = "40%"},
    {.name = "unhealthyRange",
     .type = kTable,
     .description = "failing nodes that are acted upon: not fewer, not more; wins over maxUnhealthy",
     .table = &kRange},
    {.name = "maxInFlight",
     .type = kCountOrPercent,
     .description = "automatic replacements at once",
     .interpolation = kGroup,
     .max = kMaxGroupSize,
     .fallback = "10%"},
    {.name = "rate", .type = kTable, .description = "live nodes given up for their health in a time", .table = &kRate},
    {.name = "minCapacity",
     .type = kCountOrPercent,
     .description = "while fewer are healthy, a replacement under way is waited for; percent rounds up",
     .interpolation = kGroup,
     .max = kMaxGroupSize,
     .fallback = "90%"},
    {.name = "blastCap",
     .type = kCountOrPercent,
     .description = "live nodes given up for their health within an hour; default: 25% or 10, the smaller, at least 1",
     .interpolation = kGroup,
     .max = kMaxGroupSize},
    {.name = "retry", .type = kTable, .description = "slots whose replacements do not last", .table = &kRetry},
    {.name = "flapping",
     .type = kTable,
     .description = "nodes that change between healthy and unhealthy",
     .table = &kFlapping},
    {.name = "suspendAfter",
     .type = kDuration,
     .description = "after so long of nothing but failures nothing more is given up, until `kadende release`",
     .interpolation = kGroup,
     .min = kMinute,
     .max = kYear,
     .fallback = "1d"},
    {.name = "backoff",
     .type = kTable,
     .description = "waits between creates that fail; doubles from base to max",
     .table = &kBackoff},
}};

}  // namespace

constexpr Table kRemediationTable = {"remediation", kRemediationKeys};

}  // namespace kadende::lang
