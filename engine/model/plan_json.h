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

// Everything that ComparePlans and PlanHash look at, and the header; graph edges are not stored (planning again makes
// them).
[[nodiscard]] base::Result<Plan> PlanFromJson(std::string_view text);

struct SavedPlan {
  Plan plan;
  std::string spec_text;
  std::string spec_path;   // where it was read, absolute
  std::string spec_place;  // the same from the top of the work tree of git; empty: in none
  std::string state_dir;
  std::string tool_version;                      // of the kadende that saved it
  std::map<std::string, std::string> variables;  // as ClusterSpec::variables
};
// 2: begins with a digest of all that follows; 1 had none, and is still read.
inline constexpr int kSavedPlanFormat = 2;
[[nodiscard]] std::string SavedPlanToJson(const SavedPlan& saved);
// kInvalid, with what is wrong: cut off or changed since (also by a single byte), of a newer format, no saved plan.
[[nodiscard]] base::Result<SavedPlan> SavedPlanFromJson(std::string_view text);

}  // namespace kadende::model
