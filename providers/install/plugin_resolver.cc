#include "providers/install/plugin_resolver.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "engine/base/text.h"
#include "providers/install/lock_file.h"
#include "providers/install/plugin_cache.h"
#include "providers/install/plugin_url.h"

namespace kadende::providers {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;

constexpr std::string_view kProgram = "kadende-provider-";
constexpr const char* kInstall = "run `kadende provider install`";
constexpr std::size_t kHashShown = 12;

std::string Called(const model::ProviderRef& ref) {
  return "plugin `" + base::EscapeTerminal(ref.name) + "`";
}

bool IsTrusted(const model::PluginPins& trusted, std::string_view name, const base::Digest& hash) {
  const model::PluginPin* pin = model::FindPin(trusted, name);
  return pin != nullptr && std::any_of(pin->hashes.begin(), pin->hashes.end(),
                                       [&hash](const auto& entry) { return entry.second == hash; });
}

}  // namespace

std::string PluginResolver::InDirectories(std::string_view name) const {
  if (!IsPluginName(name)) return {};
  for (const std::string& directory : folders_.directories) {
    std::error_code error;
    const fs::path program = fs::absolute(directory, error) / (std::string(kProgram) + std::string(name));
    if (fs::is_regular_file(program, error) && access(program.c_str(), X_OK) == 0) return program.string();
    const std::string object = program.string() + ".so";
    if (fs::is_regular_file(object, error)) return object;
  }
  return {};
}

// The hash that the reference stands for on this machine, if it may run.
base::Result<const base::Digest*> PluginResolver::Allowed(const model::ProviderRef& ref) const {
  const auto refuse = [this](std::string why) {
    return base::Fail(use_.reviewed ? ErrorCode::kNotFound : ErrorCode::kDenied, std::move(why));
  };
  const model::PluginPin* pin = model::FindPin(use_.pins, ref.name);
  if (pin == nullptr) {
    const std::string where = use_.reviewed ? "kadende.lock" : "the applied state";
    return refuse(Called(ref) + " is not pinned in " + where + (use_.reviewed ? std::string("; ") + kInstall : ""));
  }
  if (!IsAskedFor(ref, pin->version, pin->url)) {
    return refuse(Called(ref) + " is pinned to version " + base::EscapeTerminal(pin->version) +
                  (pin->url.empty() ? "" : " from " + base::EscapeTerminal(pin->url)) + ", which is not what " +
                  "resourcePlugin asks for; run `kadende provider update " + base::EscapeTerminal(ref.name) + "`");
  }
  const std::string platform = ThisPlatform();
  const base::Digest* hash = model::HashFor(*pin, platform);
  if (hash == nullptr) {
    return refuse(Called(ref) + " has no pin for " + platform + ", this machine's platform; " + kInstall +
                  " here and commit kadende.lock");
  }
  if (!use_.reviewed && !IsTrusted(use_.trusted, ref.name, *hash)) {
    const bool known = model::FindPin(use_.trusted, ref.name) != nullptr;
    return refuse(Called(ref) + " is " + (known ? "pinned to another file" : "not pinned") + " in the applied state");
  }
  return hash;
}

base::Result<ResolvedPlugin> PluginResolver::Resolve(const model::ProviderRef& ref) const {
  if (std::string path = InDirectories(ref.name); !path.empty()) return ResolvedPlugin{ref.name, path, {}, {}};
  auto hash = Allowed(ref);
  if (!hash) return tl::unexpected(std::move(hash).error());
  auto found = PluginCache(folders_.cache).Verified(**hash);
  const std::string& version = model::FindPin(use_.pins, ref.name)->version;
  if (found) return ResolvedPlugin{ref.name, found->path, version, base::ToHex(**hash), found->file};
  base::Error error = std::move(found).error();
  if (error.code != ErrorCode::kNotFound) return base::Wrap(std::move(error), Called(ref));
  error.code = use_.reviewed ? ErrorCode::kNotFound : ErrorCode::kDenied;
  error.message = Called(ref) + " " + version + " (sha256 " + base::ToHex(**hash).substr(0, kHashShown) +
                  "...) is not in " + folders_.cache + "; " + kInstall;
  return tl::unexpected(std::move(error));
}

std::string PluginResolver::KeyOf(const model::ProviderRef& ref) const {
  if (std::string path = InDirectories(ref.name); !path.empty()) return ref.name + "\n" + path;
  const auto hash = Allowed(ref);
  return hash ? ref.name + "\n" + base::ToHex(**hash) : std::string();
}

}  // namespace kadende::providers
