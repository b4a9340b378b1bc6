// ProviderSource of the providers that are built in (`docker`, `process` and `sim`), and of plugins.
#pragma once

#include <memory>
#include <string>

#include "engine/ports/exec.h"
#include "engine/ports/logs.h"
#include "engine/ports/plan_update.h"
#include "engine/ports/provider.h"
#include "providers/install/plugin_resolver.h"
#include "providers/plugin/plugin_provider.h"

namespace kadende::providers {

struct CatalogOptions {
  std::string base_directory;     // what relative paths in properties are relative to: the configuration's folder
  std::string shim_path;          // kadende-shim; empty: beside the running binary, else in libexec
  std::string process_registry;   // empty: $XDG_STATE_HOME/kadende/process, else ~/.local/state/kadende/process
  PluginFolders plugins;          // where plugins are
  plugin::NoteSink on_note = {};  // what plugins say beside their answers; empty: nobody listens
};

class Catalog : public ports::ProviderSource, public ports::PlanUpdates {
 public:
  explicit Catalog(CatalogOptions options);
  ~Catalog() override;

  // What plugins' names stand for and which may run; none before the first call. Thread-safe.
  void UsePlugins(PluginUse use);
  // Providers are made, and plugins started, at first use. A built-in name is never a plugin. Thread-safe.
  [[nodiscard]] base::Result<ports::Provider*> Find(const model::ProviderRef& ref) override;
  [[nodiscard]] ports::PlanUpdate* FindPlanUpdate(const model::ProviderRef& ref) override;
  // The provider's Logs ability, or null.
  [[nodiscard]] ports::Logs* FindLogs(const model::ProviderRef& ref);
  // Its Exec ability, or null.
  [[nodiscard]] ports::Exec* FindExec(const model::ProviderRef& ref);
  [[nodiscard]] static bool IsBuiltIn(std::string_view name);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kadende::providers
