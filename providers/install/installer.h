// Gets plugins and pins them: for `kadende provider install` and `update`, the only ones that download.
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/plugin_pin.h"
#include "engine/model/spec.h"
#include "providers/install/download.h"
#include "providers/install/plugin_cache.h"

namespace kadende::providers {

struct InstallOptions {
  std::string cache;
  std::string index;                      // template of an address, for references without a url; empty: none
  std::vector<std::string> platforms;     // to pin beside this machine's; what is not this machine's is not kept
  std::size_t most_bytes = kPluginLimit;  // of one plugin
  bool update = false;                    // pin what is there now, whatever was pinned
  DownloadOptions download;
};

enum class InstallOutcome : std::uint8_t {
  kPresent,     // pinned, and in the cache
  kDownloaded,  // pinned before; fetched into the cache, with the pinned bytes
  kPinned,      // new, or another than before
};

struct Installed {
  model::PluginPin pin;
  InstallOutcome outcome = InstallOutcome::kPresent;
  std::string path;  // in the cache
};

class Installer {
 public:
  explicit Installer(InstallOptions options);

  // `known`: what the name is pinned to; null: nothing. Errors leave lock and cache as they were: kConflict where the
  // bytes are not those that are pinned or the pin is not what is asked for, kNotFound where nothing says where to get
  // it.
  [[nodiscard]] base::Result<Installed> Install(const model::ProviderRef& ref, const model::PluginPin* known) const;

 private:
  struct Source {
    std::string url;      // as it is pinned: {os} and {arch} open
    std::string version;  // resolved
  };
  [[nodiscard]] base::Result<Source> Locate(const model::ProviderRef& ref) const;
  [[nodiscard]] base::Result<Installed> FromPin(const model::PluginPin& known) const;
  [[nodiscard]] base::Status Get(const std::string& platform, Installed& installed) const;

  const InstallOptions options_;
  const PluginCache cache_;
  const Downloader downloader_;
};

}  // namespace kadende::providers
