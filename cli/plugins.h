// Which plugins a command may run (DESIGN 8), and what says so: the lock file beside the configuration, the applied
// state, a reference of the repository around, and the folders that the user names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/console.h"
#include "engine/model/plugin_pin.h"
#include "engine/model/spec.h"
#include "providers/install/plugin_resolver.h"

namespace kadende::cli {

// --plugin-dir, else KADENDE_PLUGIN_DIR (separated by colons).
[[nodiscard]] std::vector<std::string> PluginDirectories(const CommonOptions& common);
// Where the plugins of a state directory are kept.
[[nodiscard]] std::string PluginCacheIn(const std::string& state_directory);

// `pins` of the providers that the file's groups name.
[[nodiscard]] model::PluginPins PinsOfGroups(const model::ClusterSpec& spec, const model::PluginPins& pins);

// The lock file of `folder` as it is at REF of the repository around. kNotFound: no repository, no such reference, or
// no lock file there.
[[nodiscard]] base::Result<model::PluginPins> LockAt(const std::string& folder, const std::string& reference);

// Whether the repository around has the state directory under version control, so that whoever proposes a change can
// propose a state, too. What such a state pins is nobody's word.
[[nodiscard]] bool IsTracked(const std::string& state_directory);

struct PluginQuestion {
  const model::ClusterSpec* spec = nullptr;
  std::string folder;         // of the configuration
  model::PluginPins applied;  // by the last apply
  bool reviewed = false;      // the checkout is being applied: its lock file counts
  std::string trust_ref;      // --trust-ref
  std::string state_directory;
};
// Errors: a lock file with mistakes, a --trust-ref that is not there.
[[nodiscard]] base::Result<providers::PluginUse> DecidePlugins(const PluginQuestion& question);

// For clusters that are known by name alone: what the applied state pins.
[[nodiscard]] providers::PluginUse AppliedPlugins(model::PluginPins applied);

// Those of `pins` whose bytes, on this machine, the last apply did not run.
[[nodiscard]] model::PluginPins FirstRuns(const model::PluginPins& pins, const model::PluginPins& applied);

}  // namespace kadende::cli
