#include <exception>

#include "engine/base/json.h"
#include "engine/model/healing.h"

namespace kadende::model {
namespace {

using base::Json;

constexpr base::TimePoint kNever{};

base::TimePoint ToTime(const Json& json, const char* key) {
  return json.contains(key) ? base::FromUnixMillis(json.at(key).get<std::int64_t>()) : kNever;
}

SlotTrouble ToTrouble(const Json& json) {
  SlotTrouble trouble;
  trouble.ordinal = json.at("slot").get<std::uint32_t>();
  trouble.revision = base::DigestFromHex(json.at("revision").get<std::string>()).value_or(base::Digest{});
  trouble.incarnation = json.value("incarnation", 0U);
  trouble.tries = json.value("tries", 0U);
  trouble.last_at = ToTime(json, "lastAtMs");
  trouble.quarantined_at = ToTime(json, "quarantinedAtMs");
  trouble.why = json.value("why", "");
  return trouble;
}

Json ToJson(const SlotTrouble& trouble) {
  Json json = {{"slot", trouble.ordinal}, {"revision", base::ToHex(trouble.revision)}};
  if (trouble.incarnation != 0) json["incarnation"] = trouble.incarnation;
  if (trouble.tries != 0) json["tries"] = trouble.tries;
  if (trouble.last_at != kNever) json["lastAtMs"] = base::ToUnixMillis(trouble.last_at);
  if (trouble.quarantined_at != kNever) json["quarantinedAtMs"] = base::ToUnixMillis(trouble.quarantined_at);
  if (!trouble.why.empty()) json["why"] = trouble.why;
  return json;
}

GroupHealing Read(const Json& json) {
  GroupHealing healing;
  healing.rate_full_at = ToTime(json, "rateFullAtMs");
  for (const Json& entry : json.value("givenUp", Json::array())) {
    healing.given_up.push_back({ToTime(entry, "atMs"), entry.at("nodes").get<std::uint32_t>()});
  }
  for (const Json& entry : json.value("promised", Json::array())) {
    healing.promised.push_back({entry.at(0).get<std::uint32_t>(), entry.at(1).get<std::uint32_t>()});
  }
  for (const Json& entry : json.value("troubles", Json::array())) healing.troubles.push_back(ToTrouble(entry));
  healing.failing_since = ToTime(json, "failingSinceMs");
  return healing;
}

}  // namespace

std::string HealingToJson(const GroupHealing& healing) {
  Json json = Json::object();
  if (healing.rate_full_at != kNever) json["rateFullAtMs"] = base::ToUnixMillis(healing.rate_full_at);
  for (const GivenUp& entry : healing.given_up) {
    json["givenUp"].push_back({{"atMs", base::ToUnixMillis(entry.at)}, {"nodes", entry.nodes}});
  }
  for (const NodeRowKey& key : healing.promised) json["promised"].push_back({key.ordinal, key.incarnation});
  for (const SlotTrouble& trouble : healing.troubles) json["troubles"].push_back(ToJson(trouble));
  if (healing.failing_since != kNever) json["failingSinceMs"] = base::ToUnixMillis(healing.failing_since);
  return base::Canonical(json);
}

base::Result<GroupHealing> HealingFromJson(std::string_view text) {
  auto json = base::ParseJson(text);
  if (!json) return tl::unexpected<base::Error>(json.error());
  try {
    return Read(*json);
  } catch (const std::exception& exception) {
    return base::Fail(base::ErrorCode::kCorrupt, std::string("a group's healing cannot be read: ") + exception.what());
  }
}

}  // namespace kadende::model
