#include "cli/saved_plan.h"

#include <filesystem>

#include "cli/plugin_ear.h"
#include "cli/plugins.h"
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

// Empty: none around this folder.
fs::path WorkTreeOf(fs::path folder) {
  std::error_code error;
  for (; !folder.empty(); folder = folder.parent_path()) {
    if (fs::exists(folder / ".git", error)) return folder;
    if (folder == folder.root_path()) break;
  }
  return {};
}

fs::path FileHere(const model::SavedPlan& saved) {
  std::error_code error;
  const fs::path then = saved.spec_path;
  if (fs::is_directory(then.parent_path(), error)) return then;
  const fs::path here = fs::current_path(error);
  const fs::path top = saved.spec_place.empty() ? fs::path() : WorkTreeOf(here);
  const fs::path place = top / saved.spec_place;
  return !top.empty() && fs::is_directory(place.parent_path(), error) ? place.lexically_normal()
                                                                      : here / then.filename();
}

// A state directory beside the file moves with it; one of its own (--state) is where it was.
std::string StateHere(const model::SavedPlan& saved, const fs::path& file) {
  const fs::path then = saved.state_dir;
  const bool beside = then.parent_path() == fs::path(saved.spec_path).parent_path() && then.filename() == ".kadende";
  return beside ? (file.parent_path() / ".kadende").string() : saved.state_dir;
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

std::string PlaceInWorkTree(const std::string& file) {
  const fs::path top = WorkTreeOf(fs::path(file).parent_path());
  return top.empty() ? std::string() : fs::path(file).lexically_relative(top).generic_string();
}

lang::ParsedSpec ParseKept(const std::string& text, const std::string& path,
                           const std::map<std::string, std::string>& variables) {
  return lang::Parse(text, {path, AsText(variables)});
}

base::Result<Planning> PrepareSaved(Console& console, const model::SavedPlan& saved) {
  Planning planning;
  planning.console = &console;
  const fs::path file = FileHere(saved);
  lang::ParsedSpec parsed = ParseKept(saved.spec_text, file.string(), saved.variables);
  planning.configuration.path = file.string();
  planning.configuration.directory = file.parent_path().string();
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
  planning.session_options.plugin_directories = PluginDirectories(console.common());
  planning.session_options.ear = std::make_shared<PluginEar>(console);
  planning.session_options.state_directory =
      console.common().state.empty() ? StateHere(saved, file) : StateDirectory(console.common(), "");
  planning.lineage = saved.plan.lineage;
  planning.is_published = !saved.plan.rollback.empty();
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
  options.rollback = plan.rollback;
  return options;
}

}  // namespace kadende::cli
