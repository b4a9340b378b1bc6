#include "cli/plugins.h"

#include <cstdlib>
#include <filesystem>
#include <set>
#include <utility>

#include "engine/base/text.h"
#include "providers/catalog.h"
#include "providers/install/lock_file.h"
#include "providers/install/plugin_url.h"
#include "state/git_program.h"

namespace kadende::cli {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;

constexpr base::Millis kLocalGit = std::chrono::seconds(10);

// Objects and the index are read, and nothing is run, so that it does not matter whose repository it is.
base::Result<state::GitOutput> AskGit(const std::string& folder, std::vector<std::string> arguments) {
  state::GitCommand command;
  command.arguments = {"-C", folder};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  command.settings = {{"safe.directory", "*"}, {"core.fsmonitor", "false"}};
  command.limit = kLocalGit;
  return state::RunGit(command);
}

}  // namespace

std::vector<std::string> PluginDirectories(const CommonOptions& common) {
  if (!common.plugin_directories.empty()) return common.plugin_directories;
  const char* value = std::getenv("KADENDE_PLUGIN_DIR");
  std::vector<std::string> directories = base::Split(value == nullptr ? "" : value, ':');
  std::erase(directories, "");
  return directories;
}

std::string PluginCacheIn(const std::string& state_directory) {
  std::error_code error;
  return fs::absolute(state_directory, error).lexically_normal() / "plugins";
}

model::PluginPins PinsOfGroups(const model::ClusterSpec& spec, const model::PluginPins& pins) {
  model::PluginPins used;
  for (const model::GroupSpec& group : spec.groups) {
    if (providers::Catalog::IsBuiltIn(group.provider.name)) continue;
    if (const model::PluginPin* pin = model::FindPin(pins, group.provider.name)) model::PutPin(used, *pin);
  }
  return used;
}

base::Result<model::PluginPins> LockAt(const std::string& folder, const std::string& reference) {
  const std::string file(providers::kLockFileName);
  if (reference.empty() || reference.starts_with('-')) {
    return base::Fail(ErrorCode::kInvalid, "--trust-ref takes a branch, tag or commit, as origin/main");
  }
  // `./` counts from the folder, not from the top of the work tree.
  auto shown = AskGit(folder, {"cat-file", "blob", reference + ":./" + file});
  if (!shown) return tl::unexpected(std::move(shown).error());
  if (shown->status != 0) {
    return base::Fail(ErrorCode::kNotFound,
                      "--trust-ref " + reference + ": the repository around " + folder + " has no " + file +
                          " there: " + base::EscapeTerminal(shown->err.substr(0, shown->err.find('\n'))));
  }
  base::Diagnostics diagnostics;
  auto pins = providers::ParseLock(shown->out, reference + ":" + file, diagnostics);
  if (diagnostics.HasErrors()) return base::Fail(ErrorCode::kInvalid, base::Render(diagnostics));
  return pins;
}

bool IsTracked(const std::string& state_directory) {
  std::error_code error;
  if (!fs::exists(state_directory, error)) return false;
  const auto listed = AskGit(state_directory, {"ls-files", "--cached", "--", "."});
  return listed && listed->status == 0 && !listed->out.empty();
}

base::Result<providers::PluginUse> DecidePlugins(const PluginQuestion& question) {
  providers::PluginUse use;
  use.reviewed = question.reviewed;
  use.has_index = question.spec != nullptr && !question.spec->plugin_index.empty();
  use.pins = question.applied;
  use.trusted = question.applied;
  bool has_plugins = !question.applied.empty();
  if (question.spec != nullptr) {
    for (const model::GroupSpec& group : question.spec->groups) {
      has_plugins |= !providers::Catalog::IsBuiltIn(group.provider.name);
    }
  }
  if (!has_plugins) return use;  // a lock file that nobody needs is not read
  auto lock = providers::ReadLock(question.folder);
  if (!lock) return tl::unexpected(std::move(lock).error());
  for (model::PluginPin& pin : *lock) model::PutPin(use.pins, std::move(pin));
  if (question.reviewed) return use;
  if (!use.trusted.empty() && IsTracked(question.state_directory)) use.trusted.clear();
  if (question.trust_ref.empty()) return use;
  auto trusted = LockAt(question.folder, question.trust_ref);
  if (!trusted) return tl::unexpected(std::move(trusted).error());
  for (model::PluginPin& pin : *trusted) model::PutPin(use.trusted, std::move(pin));
  return use;
}

providers::PluginUse AppliedPlugins(model::PluginPins applied) {
  providers::PluginUse use;
  use.pins = std::move(applied);
  return use;
}

model::PluginPins FirstRuns(const model::PluginPins& pins, const model::PluginPins& applied) {
  const std::string platform = providers::ThisPlatform();
  model::PluginPins first;
  for (const model::PluginPin& pin : pins) {
    const base::Digest* hash = model::HashFor(pin, platform);
    const model::PluginPin* known = model::FindPin(applied, pin.name);
    const base::Digest* before = known == nullptr ? nullptr : model::HashFor(*known, platform);
    if (hash != nullptr && (before == nullptr || *before != *hash)) first.push_back(pin);
  }
  return first;
}

}  // namespace kadende::cli
