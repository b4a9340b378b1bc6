// Which file a provider's name stands for, and whether it may be started: DESIGN 8. Downloads nothing.
//
// In order: a program in a plugin folder (--plugin-dir: who may name folders to the command may run programs anyway, so
// nothing is pinned), else the file that the name is pinned to, from the cache, hashed again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/plugin_pin.h"
#include "engine/model/spec.h"
#include "providers/install/plugin_cache.h"

namespace kadende::providers {

// What the caller's task allows. Names and pins of a lock file that nobody has reviewed are hostile.
struct PluginUse {
  model::PluginPins pins;  // the lock file's; of names that it lacks, the applied state's
  // On a file that nobody has reviewed (plan, validate) only what is among `trusted` with the same bytes may run, and
  // what may not or is not here is kDenied: a plan goes on without it. Otherwise it is kNotFound: nothing can be done.
  bool reviewed = true;
  model::PluginPins trusted;
  bool has_index = false;  // a name without url can be installed
};

struct ResolvedPlugin {
  std::string name;
  std::string path;     // absolute
  std::string version;  // empty: of a plugin folder
  std::string hash;     // hex; empty: of a plugin folder
  OpenFile file = {};   // as VerifiedPlugin::file
};

struct PluginFolders {
  std::string cache;                     // empty: none
  std::vector<std::string> directories;  // --plugin-dir, in order
};

class PluginResolver {
 public:
  PluginResolver(PluginFolders folders, PluginUse use) : folders_(std::move(folders)), use_(std::move(use)) {}

  // kNotFound, kDenied: see PluginUse. kCorrupt: the cached file is not what was pinned, whatever the task.
  // What it gives has been read to the end and has the pinned bytes.
  [[nodiscard]] base::Result<ResolvedPlugin> Resolve(const model::ProviderRef& ref) const;

  // A key under which a resolved plugin can be kept without hashing its file again; empty: it does not resolve.
  [[nodiscard]] std::string KeyOf(const model::ProviderRef& ref) const;

  [[nodiscard]] const PluginUse& use() const { return use_; }

 private:
  [[nodiscard]] std::string InDirectories(std::string_view name) const;
  [[nodiscard]] base::Result<const base::Digest*> Allowed(const model::ProviderRef& ref) const;

  const PluginFolders folders_;
  const PluginUse use_;
};

}  // namespace kadende::providers
