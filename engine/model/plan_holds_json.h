// The part of a plan's document that is about people's holds. Internal to plan_json.cc.
#pragma once

#include "engine/base/json.h"
#include "engine/model/plan.h"

namespace kadende::model {

// `holds` and `held` of a group, where there are any.
void WriteHolds(const PlanGroup& group, base::Json& json);
// Throws what the JSON library throws, and std::invalid_argument.
void ReadHolds(const base::Json& json, PlanGroup& group);

}  // namespace kadende::model
