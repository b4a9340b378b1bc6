#include "cli/plugin_work.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "cli/configuration.h"
#include "cli/planning.h"
#include "cli/plugins.h"
#include "engine/base/text.h"
#include "providers/catalog.h"
#include "providers/install/lock_file.h"

namespace kadende::cli {
namespace {

using base::ErrorCode;

base::Status AddGroups(const model::ClusterSpec& spec, PluginWork& work) {
  for (const model::GroupSpec& group : spec.groups) {
    if (providers::Catalog::IsBuiltIn(group.provider.name)) continue;
    NamedPlugin& plugin = work.named.try_emplace(group.provider.name, NamedPlugin{group.provider, {}}).first->second;
    if (!(plugin.ref == group.provider)) {
      return base::Fail(ErrorCode::kConflict, "groups " + plugin.groups.front() + " and " + group.path +
                                                  " ask for plugin `" + base::EscapeTerminal(group.provider.name) +
                                                  "` by another version or url; a folder has one of each name");
    }
    plugin.groups.push_back(group.path);
  }
  return {};
}

base::Status ReadFileOf(Console& console, const PluginWorkOptions& options, PluginWork& work) {
  base::Diagnostics of_variables;
  auto variables = ReadVariables(options.variables, options.variable_files, &of_variables);
  if (!variables) return tl::unexpected(std::move(variables).error());
  auto configuration = ReadConfiguration(options.file, *variables, true);
  if (!configuration) return tl::unexpected(std::move(configuration).error());
  configuration->diagnostics.Append(std::move(of_variables));
  if (configuration->diagnostics.HasErrors()) {
    console.Show(configuration->diagnostics);
    return base::Fail(ErrorCode::kInvalid, configuration->path + " has errors");
  }
  work.folder = configuration->directory;
  work.index = configuration->spec.plugin_index;
  return AddGroups(configuration->spec, work);
}

}  // namespace

void DefinePluginWork(CommandSetup& setup, PluginWorkOptions& options) {
  setup.Add({"--file", "FILE|DIR", "The cluster file; default: the one in this folder", {}, false}, &options.file);
  setup.Add({"--var", "NAME=VALUE", "Value of a variable of the file (repeatable)", {}, false}, &options.variables);
  setup.Add({"--var-file", "FILE", "YAML file with values of variables (repeatable)", {}, false},
            &options.variable_files);
}

model::ProviderRef PluginWork::RefOf(const std::string& name) const {
  const auto found = named.find(name);
  return found == named.end() ? model::ProviderRef{name, "latest", ""} : found->second.ref;
}

base::Result<PluginWork> BeginPluginWork(Console& console, const PluginWorkOptions& options, bool file_may_lack) {
  PluginWork work;
  std::error_code error;
  work.folder = std::filesystem::current_path(error).string();
  auto read = ReadFileOf(console, options, work);
  const bool lacks = !read && read.error().code == ErrorCode::kNotFound && options.file.empty();
  if (!read && !(lacks && file_may_lack)) return tl::unexpected(std::move(read).error());
  work.state_directory = StateDirectory(console.common(), work.folder);
  work.folders = {PluginCacheIn(work.state_directory), PluginDirectories(console.common())};
  auto lock = providers::ReadLock(work.folder);
  if (!lock) return tl::unexpected(std::move(lock).error());
  work.lock = std::move(*lock);
  return work;
}

}  // namespace kadende::cli
