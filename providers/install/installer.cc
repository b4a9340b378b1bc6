#include "providers/install/installer.h"

#include <algorithm>
#include <utility>

#include "engine/base/text.h"
#include "providers/install/lock_file.h"
#include "providers/install/plugin_url.h"

namespace kadende::providers {
namespace {

using base::ErrorCode;

constexpr std::string_view kLatest = "latest";

// What of the file's name says how it is to be run.
std::string_view EndingOf(std::string_view url) {
  const std::string_view path = url.substr(0, url.find_first_of("?#"));
  for (const std::string_view ending : {".so", ".mjs"}) {
    if (path.ends_with(ending)) return ending;
  }
  return {};
}

base::Status Differs(const model::PluginPin& pin, const std::string& url, const base::Digest& pinned,
                     const base::Digest& got) {
  return base::Fail(ErrorCode::kConflict, "plugin `" + pin.name + "`: the file at " + base::EscapeTerminal(url) +
                                              " is not the one that kadende.lock pins: its SHA-256 is " +
                                              base::ToHex(got) + ", pinned is " + base::ToHex(pinned) +
                                              ". Nothing was installed; if the change is wanted, run `kadende provider "
                                              "update " +
                                              pin.name + "`");
}

}  // namespace

Installer::Installer(InstallOptions options)
    : options_(std::move(options)), cache_(options_.cache, options_.most_bytes), downloader_(options_.download) {}

base::Result<Installed> Installer::Install(const model::ProviderRef& ref, const model::PluginPin* known) const {
  if (!IsPluginName(ref.name)) {
    return base::Fail(ErrorCode::kInvalid, "plugin `" + base::EscapeTerminal(ref.name) +
                                               "`: a plugin's name has letters, digits, - _ and . alone");
  }
  if (known != nullptr && !options_.update) {
    if (IsAskedFor(ref, known->version, known->url)) return FromPin(*known);
    return base::Fail(ErrorCode::kConflict, "plugin `" + ref.name + "`: kadende.lock pins version " + known->version +
                                                (known->url.empty() ? "" : " from " + known->url) +
                                                ", resourcePlugin asks for version " +
                                                base::EscapeTerminal(ref.version) +
                                                (ref.url.empty() ? "" : " from " + base::EscapeTerminal(ref.url)) +
                                                "; run `kadende provider update " + ref.name + "`");
  }
  auto source = Locate(ref);
  if (!source) return base::Wrap(source.error(), "plugin `" + ref.name + "`");
  Installed installed;
  installed.pin = {ref.name, source->version, source->url, {}};
  installed.outcome = InstallOutcome::kPinned;
  std::vector<std::string> platforms = options_.platforms;
  platforms.insert(platforms.begin(), ThisPlatform());
  for (const std::string& platform : platforms) {
    if (model::HashFor(installed.pin, platform) != nullptr) continue;
    if (auto got = Get(platform, installed); !got) return tl::unexpected(std::move(got).error());
  }
  if (known != nullptr && *known == installed.pin) installed.outcome = InstallOutcome::kPresent;
  return installed;
}

// What is pinned decides: a platform that it lacks is added, every other one must have the pinned bytes.
base::Result<Installed> Installer::FromPin(const model::PluginPin& known) const {
  Installed installed{known, InstallOutcome::kPresent, {}};
  std::vector<std::string> platforms = options_.platforms;
  platforms.insert(platforms.begin(), ThisPlatform());
  for (const std::string& platform : platforms) {
    const bool here = platform == ThisPlatform();
    const base::Digest* pinned = model::HashFor(installed.pin, platform);
    if (pinned != nullptr && !here) continue;
    if (pinned != nullptr) {
      auto path = cache_.Verified(*pinned);
      if (path) {
        installed.path = std::move(path->path);
        continue;
      }
      if (path.error().code == ErrorCode::kNotFound && known.url.empty()) {
        return base::Fail(ErrorCode::kNotFound, "plugin `" + known.name +
                                                    "`: kadende.lock does not say where it is from, and it is not in " +
                                                    options_.cache);
      }
      if (path.error().code != ErrorCode::kNotFound && path.error().code != ErrorCode::kCorrupt) {
        return tl::unexpected(std::move(path).error());
      }
    }
    const InstallOutcome outcome = pinned == nullptr ? InstallOutcome::kPinned : InstallOutcome::kDownloaded;
    if (auto got = Get(platform, installed); !got) return tl::unexpected(std::move(got).error());
    installed.outcome = std::max(installed.outcome, outcome);
  }
  return installed;
}

// The url of the reference, else the index; `latest` becomes the version that a code host redirects to.
base::Result<Installer::Source> Installer::Locate(const model::ProviderRef& ref) const {
  const std::string version = ref.version.empty() ? std::string(kLatest) : ref.version;
  if (!IsPluginVersion(version)) {
    return base::Fail(ErrorCode::kInvalid, "`" + base::EscapeTerminal(version) + "` can be no version");
  }
  const std::string& address = ref.url.empty() ? options_.index : ref.url;
  if (address.empty()) {
    return base::Fail(ErrorCode::kNotFound,
                      "nothing says where to get it: give `url` in resourcePlugin, `pluginIndex` in the cluster file, "
                      "--plugin-index, or a --plugin-dir that has it");
  }
  if (auto allowed = CheckUrl(address); !allowed) return tl::unexpected(std::move(allowed).error());
  Source source{ExpandUrl(address, {ref.name, version, ""}), version};
  const std::string latest = LatestUrl(source.url);
  const bool moves = latest != source.url || source.url.find("/releases/latest/") != std::string::npos;
  if (version != kLatest || !moves) return source;
  auto next = downloader_.Redirect(ExpandUrl(latest, {ref.name, version, ThisPlatform()}));
  if (!next) return tl::unexpected(std::move(next).error());
  const auto found = *next ? VersionInUrl(**next) : std::nullopt;
  if (!found || !IsPluginVersion(*found)) {
    return base::Fail(ErrorCode::kNotFound, latest + " does not lead to a release; name a `version`");
  }
  source.version = *found;
  // The same address with the version in its place; a literal one is where it led to.
  source.url = address.find("{version}") != std::string::npos ? ExpandUrl(address, {ref.name, *found, ""}) : **next;
  return source;
}

base::Status Installer::Get(const std::string& platform, Installed& installed) const {
  model::PluginPin& pin = installed.pin;
  const std::string url = ExpandUrl(pin.url, {pin.name, pin.version, platform});
  auto incoming = IncomingPlugin::Begin(cache_);
  if (!incoming) return tl::unexpected(std::move(incoming).error());
  auto fetched = downloader_.Fetch(url, [&](std::string_view piece) { return incoming->Write(piece); });
  if (!fetched) return base::Wrap(fetched.error(), "plugin `" + pin.name + "`");
  auto content = incoming->Finish();
  const base::Digest* pinned = model::HashFor(pin, platform);
  if (!content) return base::Wrap(content.error(), "plugin `" + pin.name + "`, " + base::EscapeTerminal(url));
  if (pinned != nullptr && *pinned != content->hash) return Differs(pin, url, *pinned, content->hash);
  if (content->platform != model::kAnyPlatform && content->platform != platform) {
    return base::Fail(ErrorCode::kInvalid, "plugin `" + pin.name + "`: the file at " + base::EscapeTerminal(url) +
                                               " is for " + content->platform + ", not for " + platform +
                                               "; {os} and {arch} in the url stand for the machine's");
  }
  if (pinned == nullptr) pin.hashes[content->platform] = content->hash;
  if (platform != ThisPlatform()) return {};
  auto path = incoming->Keep(content->hash, EndingOf(url));
  if (!path) return tl::unexpected(std::move(path).error());
  installed.path = std::move(*path);
  return {};
}

}  // namespace kadende::providers
