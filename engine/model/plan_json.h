// A plan as JSON. Compact: actions of a group that are alike are one entry with a range of slots, so that the plan of
// 100,000 creates is a few lines. Two uses: plan.json of each published commit, and the saved plan file (`plan --out`),
// which adds what is needed to plan again (spec text, variables, options).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/plan.h"

namespace kadende::model {

[[nodiscard]] std::string PlanToJson(const Plan& plan);

// Everything that CompareActions looks at, and the header; graph edges are not stored (planning again makes them).
[[nodiscard]] base::Result<Plan> PlanFromJson(std::string_view text);

struct SavedPlan {
  Plan plan;
  std::string spec_text;
  std::string spec_path;  // where it was read, for messages only
  std::string state_dir;
  std::map<std::string, std::string> variables;  // as ClusterSpec::variables
};
inline constexpr int kSavedPlanFormat = 1;
[[nodiscard]] std::string SavedPlanToJson(const SavedPlan& saved);
[[nodiscard]] base::Result<SavedPlan> SavedPlanFromJson(std::string_view text);

}  // namespace kadende::model
