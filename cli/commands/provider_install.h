// `kadende provider install` gets the plugins that a cluster file names and pins them in kadende.lock; `update` pins
// what there is now. No other command downloads.
#pragma once

#include <string>
#include <vector>

#include "cli/plugin_work.h"
#include "providers/install/plugin_cache.h"

namespace kadende::cli {

struct ProviderInstallOptions {
  std::vector<std::string> names;  // empty: all
  PluginWorkOptions work;
  std::string index;                                        // --plugin-index
  std::string authorities;                                  // --ca-file
  std::vector<std::string> platforms;                       // beside this machine's
  std::uint32_t max_size = providers::kPluginLimit >> 20U;  // MiB of one plugin
  bool locked = false;                                      // install only: the lock file may not change
  base::Millis timeout = std::chrono::minutes(15);
};
void DefineProviderInstall(CommandSetup& setup, ProviderInstallOptions& options);
void DefineProviderUpdate(CommandSetup& setup, ProviderInstallOptions& options);
[[nodiscard]] int RunProviderInstall(const ProviderInstallOptions& options, Console& console);
[[nodiscard]] int RunProviderUpdate(const ProviderInstallOptions& options, Console& console);

}  // namespace kadende::cli
