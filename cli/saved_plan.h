// Plans in files: telling one from a configuration, and getting ready to apply it.
#pragma once

#include <optional>
#include <string>

#include "cli/planning.h"
#include "engine/model/plan_json.h"

namespace kadende::cli {

// The text of the file where it is a saved plan (by its content, whatever it is called); nullopt: anything else.
[[nodiscard]] std::optional<std::string> ReadSavedPlan(const std::string& path);

// The configuration as it was when the plan was made, and the state directory that it was made on.
// What ReadSavedPlan gave, understood. Errors say what is wrong with the file, and to plan again.
[[nodiscard]] base::Result<model::SavedPlan> ParseSavedPlan(const std::string& path, const std::string& text);
[[nodiscard]] base::Result<Planning> PrepareSaved(Console& console, const model::SavedPlan& saved);

// The options that the plan was made with.
[[nodiscard]] plan::PlanOptions OptionsOfSaved(const model::Plan& plan);

}  // namespace kadende::cli
