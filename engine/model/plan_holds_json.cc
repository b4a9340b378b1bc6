#include "engine/model/plan_holds_json.h"

#include <stdexcept>
#include <utility>

namespace kadende::model {
namespace {

using base::Json;

Json HoldsToJson(const PlanGroup& group) {
  Json holds = Json::array();
  for (const Hold& hold : group.holds) {
    Json json = {{"owner", hold.owner}, {"reason", hold.reason}, {"since", base::FormatRfc3339(hold.since)}};
    if (!hold.slot_key.empty()) json["slot"] = hold.slot_key;
    if (hold.until != base::TimePoint{}) json["until"] = base::FormatRfc3339(hold.until);
    if (!hold.only.empty()) json["only"] = ProcessNames(hold.only);
    holds.push_back(std::move(json));
  }
  return holds;
}

Json HeldToJson(const PlanGroup& group) {
  Json held = Json::array();
  for (const HeldChange& change : group.held) {
    Json json = {
        {"kind", ActionKindName(change.kind)}, {"reason", ReasonName(change.reason)}, {"ordinal", change.slot.ordinal}};
    if (!change.slot.logical_id.empty()) json["logicalId"] = change.slot.logical_id;
    if (change.replace) json["replace"] = true;
    held.push_back(std::move(json));
  }
  return held;
}

}  // namespace

void WriteHolds(const PlanGroup& group, Json& json) {
  if (!group.holds.empty()) json["holds"] = HoldsToJson(group);
  if (!group.held.empty()) json["held"] = HeldToJson(group);
}

void ReadHolds(const Json& json, PlanGroup& group) {
  const auto time = [](const Json& hold, const char* key) {
    return base::ParseRfc3339(hold.value(key, std::string())).value_or(base::TimePoint{});
  };
  for (const Json& hold : json.value("holds", Json::array())) {
    group.holds.push_back({hold.value("slot", std::string()), hold.at("owner"), hold.at("reason"), time(hold, "since"),
                           time(hold, "until"), ReadProcesses(hold.value("only", std::vector<std::string>()))});
  }
  for (const Json& entry : json.value("held", Json::array())) {
    const auto kind = ParseActionKind(entry.at("kind").get<std::string>());
    const auto reason = ParseReason(entry.at("reason").get<std::string>());
    if (!kind || !reason) throw std::invalid_argument("a change that is held back is not understood");
    group.held.push_back({*kind,
                          *reason,
                          entry.value("replace", false),
                          {entry.at("ordinal"), entry.value("logicalId", std::string())}});
  }
}

}  // namespace kadende::model
