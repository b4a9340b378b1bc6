#include "providers/catalog.h"

#include <array>
#include <map>
#include <mutex>
#include <vector>

#include "engine/base/text.h"
#include "providers/docker/docker_provider.h"
#include "providers/plugin_shelf.h"
#include "providers/process/process_provider.h"
#include "providers/sim/sim_provider.h"

namespace kadende::providers {
namespace {

constexpr std::array<std::string_view, 4> kBuiltIn = {"docker", "process", "sim", "sim-basic"};

struct Entry {
  std::unique_ptr<ports::Provider> provider;
  ports::Logs* logs = nullptr;  // owned by provider, as the next
  ports::Exec* exec = nullptr;
};

Entry Make(std::string_view name, const CatalogOptions& options) {
  if (name == "sim") return {MakeSimProvider(options.base_directory)};
  if (name == "sim-basic") return {MakeSimProvider(options.base_directory, SimFlavor::kBasic)};
  if (name == "docker") {
    DockerProvider made = MakeDockerProvider();
    return {std::move(made.provider), made.logs, made.exec};
  }
  ProcessOptions process;
  process.base_directory = options.base_directory;
  process.shim_path = options.shim_path;
  process.registry = options.process_registry;
  ProcessProvider made = MakeProcessProvider(std::move(process));
  return {std::move(made.provider), made.logs};
}

}  // namespace

struct Catalog::Impl {
  explicit Impl(CatalogOptions given)
      : options(std::move(given)),
        plugins({options.base_directory, options.shim_path, options.plugins, options.on_note}) {}

  // What a plugin's name stands for, if it can be had; else nothing of it.
  ShelvedPlugin Plugin(const model::ProviderRef& ref) {
    if (IsBuiltIn(ref.name)) return {};
    return plugins.Find(ref).value_or(ShelvedPlugin{});
  }

  // Null: not built in.
  const Entry* Get(std::string_view name) {
    if (!IsBuiltIn(name)) return nullptr;
    const std::lock_guard lock(mutex);
    const auto found = entries.find(name);
    if (found != entries.end()) return &found->second;
    return &entries.emplace(name, Make(name, options)).first->second;
  }

  const CatalogOptions options;
  std::mutex mutex;
  std::map<std::string, Entry, std::less<>> entries;  // guarded by mutex; entries stay where they are
  PluginShelf plugins;
};

Catalog::Catalog(CatalogOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Catalog::~Catalog() = default;

bool Catalog::IsBuiltIn(std::string_view name) {
  for (const std::string_view known : kBuiltIn) {
    if (known == name) return true;
  }
  return false;
}

void Catalog::UsePlugins(PluginUse use) {
  impl_->plugins.Use(std::move(use));
}

base::Result<ports::Provider*> Catalog::Find(const model::ProviderRef& ref) {
  if (const Entry* entry = impl_->Get(ref.name)) return entry->provider.get();
  if (impl_->plugins.Knows(ref)) {
    auto found = impl_->plugins.Find(ref);
    if (!found) return tl::unexpected(std::move(found).error());
    return found->provider;
  }
  const std::vector<std::string> names(kBuiltIn.begin(), kBuiltIn.end());
  const auto near = base::Nearest(ref.name, names);
  return base::Fail(base::ErrorCode::kNotFound, "this build has no provider `" + base::EscapeTerminal(ref.name) +
                                                    "`; it has: " + base::Join(names, ", ") +
                                                    (near ? " (did you mean `" + *near + "`?)" : ""));
}

ports::Logs* Catalog::FindLogs(const model::ProviderRef& ref) {
  const Entry* entry = impl_->Get(ref.name);
  return entry == nullptr ? impl_->Plugin(ref).logs : entry->logs;
}

ports::Exec* Catalog::FindExec(const model::ProviderRef& ref) {
  const Entry* entry = impl_->Get(ref.name);
  return entry == nullptr ? impl_->Plugin(ref).exec : entry->exec;
}

ports::PlanUpdate* Catalog::FindPlanUpdate(const model::ProviderRef& ref) {
  return impl_->Plugin(ref).plan_update;
}

}  // namespace kadende::providers
