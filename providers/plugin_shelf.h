// The plugins of one catalog: found, held against their pins, started at first use, one process for each file.
#pragma once

#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/model/spec.h"
#include "engine/ports/exec.h"
#include "engine/ports/logs.h"
#include "engine/ports/plan_update.h"
#include "engine/ports/provider.h"
#include "providers/install/plugin_resolver.h"
#include "providers/plugin/plugin_provider.h"

namespace kadende::providers {

struct ShelfOptions {
  std::string base_directory;  // where plugins work: what relative paths in properties are relative to
  std::string shim_path;
  PluginFolders folders;
  plugin::NoteSink on_note;
};

// Owned by the shelf.
struct ShelvedPlugin {
  ports::Provider* provider = nullptr;
  // Null: it has not the ability.
  ports::Logs* logs = nullptr;
  ports::Exec* exec = nullptr;
  ports::PlanUpdate* plan_update = nullptr;
};

// Thread-safe.
class PluginShelf {
 public:
  explicit PluginShelf(ShelfOptions options);
  ~PluginShelf();

  // From here on names stand for these files. What was started stays, for its callers may still have it.
  void Use(PluginUse use);

  // Whether anything is known of this name: it is in a plugin folder, pinned, or says where it is from.
  [[nodiscard]] bool Knows(const model::ProviderRef& ref) const;

  // As PluginResolver::Resolve; besides, what starting it says. A plugin that did not start is not tried again for some
  // seconds, so that one of them does not hold up everything that asks for it.
  [[nodiscard]] base::Result<ShelvedPlugin> Find(const model::ProviderRef& ref);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kadende::providers
