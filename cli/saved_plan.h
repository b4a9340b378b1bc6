// Plans in files: telling one from a configuration, and getting ready to apply it.
#pragma once

#include <optional>
#include <string>

#include "cli/planning.h"
#include "engine/model/plan_json.h"

namespace kadende::cli {

// The text of the file where it is a saved plan (by its content, whatever it is called); nullopt: anything else.
[[nodiscard]] std::optional<std::string> ReadSavedPlan(const std::string& path);

// What ReadSavedPlan gave, understood. Errors say what is wrong with the file, and to plan again.
[[nodiscard]] base::Result<model::SavedPlan> ParseSavedPlan(const std::string& path, const std::string& text);

// The path of a file from the top of the work tree of git that it is in; empty where it is in none.
[[nodiscard]] std::string PlaceInWorkTree(const std::string& file);

// The configuration as it was when the plan was made, in the folder where it was made. Where that is not on this
// machine, as in another job of a pipeline: the same folder of the work tree that we are in, else this folder.
[[nodiscard]] base::Result<Planning> PrepareSaved(Console& console, const model::SavedPlan& saved);

// A specification that state kept, with the values of its variables, as if it were read again from `path`.
[[nodiscard]] lang::ParsedSpec ParseKept(const std::string& text, const std::string& path,
                                         const std::map<std::string, std::string>& variables);

// The options that the plan was made with.
[[nodiscard]] plan::PlanOptions OptionsOfSaved(const model::Plan& plan);

}  // namespace kadende::cli
