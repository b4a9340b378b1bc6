// What the commands about plugins begin with: the plugins that the configuration of a folder names, its lock file, and
// the cache that they are kept in.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/command.h"
#include "engine/model/plugin_pin.h"
#include "engine/model/spec.h"
#include "providers/install/plugin_resolver.h"

namespace kadende::cli {

struct PluginWorkOptions {
  std::string file;  // FILE or DIR; empty: the one cluster file here
  std::vector<std::string> variables;
  std::vector<std::string> variable_files;
};
void DefinePluginWork(CommandSetup& setup, PluginWorkOptions& options);

struct NamedPlugin {
  model::ProviderRef ref;
  std::vector<std::string> groups;  // paths, sorted
};

struct PluginWork {
  std::string folder;  // of the configuration
  std::string state_directory;
  std::string index;                         // the file's `pluginIndex`
  std::map<std::string, NamedPlugin> named;  // by name; providers that are built in are left out
  model::PluginPins lock;
  providers::PluginFolders folders;

  // The reference of a name; one that no group has: any version, from wherever.
  [[nodiscard]] model::ProviderRef RefOf(const std::string& name) const;
};

// Reads the file (what is wrong with it is shown) and the lock file. kConflict where two groups mean two versions by
// one name. `file_may_lack`: then the lock file of this folder is all there is.
[[nodiscard]] base::Result<PluginWork> BeginPluginWork(Console& console, const PluginWorkOptions& options,
                                                       bool file_may_lack);

}  // namespace kadende::cli
