#include <exception>

#include "engine/base/json.h"
#include "engine/model/names.h"
#include "engine/model/rollout.h"

namespace kadende::model {
namespace {

using base::Json;

constexpr base::TimePoint kNever{};

constexpr NameTable<RolloutStrategy, 5> kStrategies({"rolling", "recreate", "on-delete", "blue-green", "in-place"});
static_assert(kStrategies.Name(RolloutStrategy::kInPlace) == "in-place");

constexpr NameTable<OnFailure, 3> kFailureActions({"pause", "rollback", "continue"});
static_assert(kFailureActions.Name(OnFailure::kContinue) == "continue");

constexpr NameTable<RolloutStop, 7> kStops({"none", "person", "canary", "checkpoint", "failure", "deadline",
                                            "cut_off"});
static_assert(kStops.Name(kLastRolloutStop) == "cut_off");

base::TimePoint ToTime(const Json& json, const char* key) {
  return json.contains(key) ? base::FromUnixMillis(json.at(key).get<std::int64_t>()) : kNever;
}

Rollout Read(const Json& json) {
  Rollout rollout;
  rollout.revision = base::DigestFromHex(json.at("revision").get<std::string>()).value_or(base::Digest{});
  rollout.stop = ParseRolloutStop(json.value("stop", "none")).value_or(RolloutStop::kPerson);
  rollout.why = json.value("why", "");
  rollout.actor = json.value("actor", "");
  rollout.since = ToTime(json, "sinceMs");
  rollout.stopped_at = ToTime(json, "stoppedAtMs");
  rollout.until = ToTime(json, "untilMs");
  rollout.progress_at = ToTime(json, "progressAtMs");
  rollout.passed = json.value("passed", 0U);
  rollout.back = json.value("back", false);
  return rollout;
}

}  // namespace

std::string_view StrategyName(RolloutStrategy strategy) {
  return kStrategies.Name(strategy);
}
std::optional<RolloutStrategy> ParseStrategy(std::string_view name) {
  return kStrategies.Parse(name);
}

std::string_view OnFailureName(OnFailure action) {
  return kFailureActions.Name(action);
}
std::optional<OnFailure> ParseOnFailure(std::string_view name) {
  return kFailureActions.Parse(name);
}

std::string_view RolloutStopName(RolloutStop stop) {
  return kStops.Name(stop);
}
std::optional<RolloutStop> ParseRolloutStop(std::string_view name) {
  return kStops.Parse(name);
}

std::string RolloutToJson(const Rollout& rollout) {
  Json json = {{"revision", base::ToHex(rollout.revision)}};
  const auto put = [&json](const char* key, base::TimePoint at) {
    if (at != kNever) json[key] = base::ToUnixMillis(at);
  };
  if (rollout.stop != RolloutStop::kNone) json["stop"] = RolloutStopName(rollout.stop);
  if (!rollout.why.empty()) json["why"] = rollout.why;
  if (!rollout.actor.empty()) json["actor"] = rollout.actor;
  put("sinceMs", rollout.since);
  put("stoppedAtMs", rollout.stopped_at);
  put("untilMs", rollout.until);
  put("progressAtMs", rollout.progress_at);
  if (rollout.passed != 0) json["passed"] = rollout.passed;
  if (rollout.back) json["back"] = true;
  return base::Canonical(json);
}

base::Result<Rollout> RolloutFromJson(std::string_view text) {
  auto json = base::ParseJson(text);
  if (!json) return tl::unexpected<base::Error>(json.error());
  try {
    return Read(*json);
  } catch (const std::exception& exception) {
    return base::Fail(base::ErrorCode::kCorrupt, std::string("a group's rollout cannot be read: ") + exception.what());
  }
}

}  // namespace kadende::model
