#include "providers/plugin_shelf.h"

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "providers/plugin/plugin_provider.h"
#include "providers/schema/checked_provider.h"

namespace kadende::providers {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kRestAfterFailure = std::chrono::seconds(10);

struct Entry {
  std::unique_ptr<ports::Provider> provider;  // null: it did not start
  ShelvedPlugin able;
  std::optional<base::Error> failure;
  Clock::time_point failed_at;
};

}  // namespace

struct PluginShelf::Impl {
  explicit Impl(ShelfOptions given) : options(std::move(given)) {}

  [[nodiscard]] PluginResolver Resolver() const {
    const std::lock_guard lock(mutex);
    return {options.folders, use};
  }

  base::Result<ShelvedPlugin> Start(const ResolvedPlugin& plugin, Entry& entry) {
    plugin::HostOptions host;
    host.base_directory = options.base_directory;
    host.shim_path = options.shim_path;
    host.on_note = options.on_note;
    auto made = plugin::MakePluginProvider({plugin.name, plugin.path, {}, plugin.file}, host);
    if (made) {
      entry.failure.reset();
      entry.able = {nullptr, (*made)->logs(), (*made)->exec(), (*made)->plan_update()};
      entry.provider = CheckProperties(std::move(*made));
      entry.able.provider = entry.provider.get();
      return entry.able;
    }
    entry.failure = made.error();
    entry.failed_at = Clock::now();
    return tl::unexpected(std::move(made).error());
  }

  const ShelfOptions options;
  mutable std::mutex mutex;
  PluginUse use;  // guarded by mutex
  std::mutex starting;
  std::map<std::string, Entry> entries;  // by PluginResolver::KeyOf; guarded by starting; entries stay where they are
};

PluginShelf::PluginShelf(ShelfOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
PluginShelf::~PluginShelf() = default;

void PluginShelf::Use(PluginUse use) {
  const std::lock_guard lock(impl_->mutex);
  impl_->use = std::move(use);
}

bool PluginShelf::Knows(const model::ProviderRef& ref) const {
  const PluginResolver resolver = impl_->Resolver();
  return !ref.url.empty() || resolver.use().has_index || model::FindPin(resolver.use().pins, ref.name) != nullptr ||
         !resolver.KeyOf(ref).empty();
}

base::Result<ShelvedPlugin> PluginShelf::Find(const model::ProviderRef& ref) {
  const PluginResolver resolver = impl_->Resolver();
  const std::string key = resolver.KeyOf(ref);
  const std::lock_guard lock(impl_->starting);
  if (const auto found = impl_->entries.find(key); found != impl_->entries.end()) {
    const Entry& entry = found->second;
    if (entry.provider) return entry.able;
    if (entry.failure && Clock::now() - entry.failed_at < kRestAfterFailure) return tl::unexpected(*entry.failure);
  }
  auto plugin = resolver.Resolve(ref);
  if (!plugin) return tl::unexpected(std::move(plugin).error());
  return impl_->Start(*plugin, impl_->entries[key]);
}

}  // namespace kadende::providers
