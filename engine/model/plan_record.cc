#include "engine/model/plan_record.h"

#include <algorithm>

#include "engine/base/json.h"
#include "engine/base/text.h"
#include "engine/model/plan_json.h"

namespace kadende::model {
namespace {

using base::Json;

// Text, because building values of a thousand nodes for every version would be a waste.
std::string Observations(const Plan& plan) {
  std::string text;
  const std::size_t most = std::min(kMostObservations, plan.drift.size());
  for (std::size_t i = 0; i < most; ++i) {
    const Drift& drift = plan.drift[i];
    if (drift.group >= plan.groups.size()) continue;
    text += (text.empty() ? "{\"group\":" : ",{\"group\":") + base::QuoteJson(plan.groups[drift.group].path) +
            ",\"slot\":" + base::QuoteJson(drift.slot.Key()) + ",\"incarnation\":" + std::to_string(drift.incarnation) +
            ",\"reason\":\"" + std::string(ReasonName(drift.reason)) + "\"";
    if (!drift.instance_id.empty()) text += ",\"instance\":" + base::QuoteJson(drift.instance_id);
    if (!drift.detail.empty()) text += ",\"detail\":" + base::QuoteJson(drift.detail);
    text += "}";
  }
  return text;
}

std::string Word(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint32_t Number(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number_unsigned() ? found->get<std::uint32_t>() : 0;
}

bool Flag(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_boolean() && found->get<bool>();
}

// The list under `key`, or an empty one.
const Json& List(const Json& json, const char* key) {
  static const Json none = Json::array();
  const auto found = json.find(key);
  return found != json.end() && found->is_array() ? *found : none;
}

bool Covers(const Json& entry, std::string_view group, const Slot& slot) {
  if (!entry.is_object() || Word(entry, "group") != group || !entry.contains("first")) return false;
  if (!slot.logical_id.empty()) return Word(entry, "logicalId") == slot.logical_id;
  return Number(entry, "first") <= slot.ordinal && slot.ordinal <= Number(entry, "last");
}

void ReadActions(const Json& json, std::string_view group, const Slot& slot, NodePlan& node) {
  for (const Json& entry : List(json, "actions")) {
    if (!Covers(entry, group, slot)) continue;
    const auto kind = ParseActionKind(Word(entry, "kind"));
    const auto reason = ParseReason(Word(entry, "reason"));
    if (!kind || !reason) continue;
    node.actions.push_back(
        {*kind, *reason, Flag(entry, "replace"), Flag(entry, "settle"), Number(entry, "incarnation")});
  }
}

}  // namespace

std::string PlanRecord(const Plan& plan) {
  std::string text = PlanToJson(plan);
  const std::string observed = Observations(plan);
  if (!observed.empty()) text.insert(1, "\"observed\":[" + observed + "],");
  return text;
}

NodePlan ReadNodePlan(std::string_view text, std::string_view group, const Slot& slot) {
  NodePlan node;
  const auto json = base::ParseJson(text);
  if (!json || !json->is_object()) return node;
  ReadActions(*json, group, slot, node);
  for (const Json& entry : List(*json, "observed")) {
    if (!entry.is_object() || Word(entry, "group") != group || Word(entry, "slot") != slot.Key()) continue;
    const std::string detail = Word(entry, "detail");
    node.observed.push_back(Word(entry, "reason") + (detail.empty() ? "" : ": " + detail));
  }
  for (const Json& entry : List(*json, "groups")) {
    if (entry.is_object() && Word(entry, "path") == group) node.moved_from = Word(entry, "movedFrom");
  }
  return node;
}

}  // namespace kadende::model
