#include "cli/saved_plan.h"

#include <filesystem>

#include "engine/base/json.h"

namespace kadende::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMarkerWithin = 4096;
constexpr std::size_t kPlanLimit = 256U << 20U;

// State keeps typed values, the parser takes text as a user writes it.
std::map<std::string, std::string> AsText(const std::map<std::string, std::string>& variables) {
  std::map<std::string, std::string> texts;
  for (const auto& [name, value] : variables) {
    auto json = base::ParseJson(value);
    texts[name] = json && json->is_string() ? json->get<std::string>() : value;
  }
  return texts;
}

}  // namespace

std::optional<std::string> ReadSavedPlan(const std::string& path) {
  std::error_code error;
  if (path.empty() || !fs::is_regular_file(path, error)) return std::nullopt;
  auto text = ReadFile(path, kPlanLimit);
  if (!text || !text->starts_with('{')) return std::nullopt;
  const bool at_the_start =
      std::string_view(*text).substr(0, kMarkerWithin).find("\"kadende_plan\"") != std::string::npos;
  if (!at_the_start && text->find("\"kadende_plan\":") == std::string::npos) return std::nullopt;
  return std::move(*text);
}

base::Result<model::SavedPlan> ParseSavedPlan(const std::string& path, const std::string& text) {
  auto saved = model::SavedPlanFromJson(text);
  if (saved) return saved;
  base::Error error = std::move(saved.error());
  const bool damaged = error.message.find("json.exception") != std::string::npos;
  error.message = path + ": " + error.message;
  if (damaged)
    error.message += "\nthe file is cut off or damaged; make it again with `kadende plan --out " + path + "`";
  return tl::unexpected(std::move(error));
}

base::Result<Planning> PrepareSaved(Console& console, const model::SavedPlan& saved) {
  Planning planning;
  lang::ParsedSpec parsed = lang::Parse(saved.spec_text, {saved.spec_path, AsText(saved.variables)});
  planning.configuration.path = saved.spec_path;
  planning.configuration.directory = fs::path(saved.spec_path).parent_path().string();
  planning.configuration.spec = std::move(parsed.spec);
  planning.configuration.positions = std::move(parsed.positions);
  planning.has_file = !saved.spec_text.empty();
  if (!planning.has_file) {
    planning.configuration.spec.name = saved.plan.cluster;
  } else if (parsed.diagnostics.HasErrors()) {
    console.Show(parsed.diagnostics);
    return base::Fail(base::ErrorCode::kInvalid,
                      "the configuration in the saved plan has errors: it was made by another version");
  }
  planning.session_options.base_directory = planning.configuration.directory;
  planning.session_options.state_directory =
      console.common().state.empty() ? saved.state_dir : StateDirectory(console.common(), "");
  planning.lineage = saved.plan.lineage;
  return planning;
}

plan::PlanOptions OptionsOfSaved(const model::Plan& plan) {
  plan::PlanOptions options;
  options.destroy = plan.destroy;
  options.offline = plan.offline;
  options.refresh.offline = plan.offline;
  options.abandon = plan.abandons_run;
  options.targets = plan.targets;
  options.replaces = plan.replaces;
  return options;
}

}  // namespace kadende::cli
