// Where a plugin is fetched from. Addresses are templates: {name}, {version}, {os} and {arch} are filled in, so that
// one address serves all platforms and, as an index, all plugins. Pure text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/model/spec.h"

namespace kadende::providers {

// "linux_amd64", as download pages call it.
[[nodiscard]] std::string ThisPlatform();
[[nodiscard]] bool IsPlatform(std::string_view text);  // of that form, or `any`

struct UrlValues {
  std::string name;
  std::string version;
  std::string platform;  // empty: {os} and {arch} stay as they are
};
[[nodiscard]] std::string ExpandUrl(std::string_view url, const UrlValues& values);

// https; http to this machine alone; file:///absolute/path. No user or password, no spaces or control characters, and
// no placeholders but those four. The error says what is allowed.
[[nodiscard]] base::Status CheckUrl(std::string_view url);
[[nodiscard]] bool IsFileUrl(std::string_view url);
[[nodiscard]] std::string PathOfFileUrl(std::string_view url);

// Releases of code hosts: `.../releases/download/VERSION/FILE` is a version, `.../releases/latest/download/FILE` leads
// to the newest by a redirect that names it.
[[nodiscard]] std::string LatestUrl(
    std::string_view expanded);  // of a url with "latest" for its version; else the same
[[nodiscard]] std::optional<std::string> VersionInUrl(std::string_view url);

// Whether a pin is what the reference asks for: its version (`latest`: any) and, where it has one, its url.
[[nodiscard]] bool IsAskedFor(const model::ProviderRef& ref, std::string_view pinned_version,
                              std::string_view pinned_url);

}  // namespace kadende::providers
