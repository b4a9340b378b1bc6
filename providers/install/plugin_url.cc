#include "providers/install/plugin_url.h"

#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/text.h"

namespace kadende::providers {
namespace {

constexpr std::array<std::string_view, 4> kPlaceholders = {"name", "version", "os", "arch"};
constexpr std::size_t kLongestUrl = 4096;
constexpr std::string_view kFile = "file://";
constexpr std::string_view kDownload = "/releases/download/";
constexpr std::string_view kLatestDownload = "/releases/latest/download/";

base::Status Refuse(std::string_view url, const std::string& why) {
  return base::Fail(base::ErrorCode::kInvalid, "url " + base::EscapeTerminal(url) + ": " + why);
}

// "example.org:8080" of "https://example.org:8080/x".
std::string_view AuthorityOf(std::string_view url) {
  url.remove_prefix(url.find("://") + 3);
  return url.substr(0, url.find_first_of("/?#"));
}

bool IsThisMachine(std::string_view authority) {
  if (authority.starts_with("["))
    return authority.starts_with("[::1]") &&
           authority.substr(5).find_first_not_of(":0123456789") == std::string_view::npos;
  const std::string_view host = authority.substr(0, authority.find(':'));
  if (host == "localhost") return true;
  if (!host.starts_with("127.")) return false;
  const auto digits = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
  return std::all_of(host.begin(), host.end(), digits);
}

base::Status CheckPlaceholders(std::string_view url) {
  for (std::size_t at = url.find_first_of("{}"); at != std::string_view::npos; at = url.find_first_of("{}", at)) {
    const std::size_t end = url.find('}', at);
    if (url[at] == '}' || end == std::string_view::npos) return Refuse(url, "a brace has no other one");
    const std::string_view word = url.substr(at + 1, end - at - 1);
    if (std::find(kPlaceholders.begin(), kPlaceholders.end(), word) == kPlaceholders.end()) {
      return Refuse(url,
                    "`{" + base::EscapeTerminal(word) + "}` is unknown; there are {name}, {version}, {os} and {arch}");
    }
    at = end + 1;
  }
  return {};
}

// Where the releases of one project are, and the file of one: what stays the same from version to version.
std::optional<std::pair<std::string_view, std::string_view>> ReleaseOf(std::string_view url) {
  for (const std::string_view part : {kLatestDownload, kDownload}) {
    const std::size_t at = url.find(part);
    const std::size_t file = url.rfind('/');
    if (at != std::string_view::npos && file != std::string_view::npos) {
      return std::pair(url.substr(0, at), url.substr(file));
    }
  }
  return std::nullopt;
}

}  // namespace

std::string ThisPlatform() {
  utsname system = {};
  if (uname(&system) != 0) return "linux_unknown";
  const std::array<std::pair<std::string_view, std::string_view>, 4> usual = {
      {{"x86_64", "amd64"}, {"aarch64", "arm64"}, {"i686", "386"}, {"armv7l", "arm"}}};
  std::string arch = system.machine;
  for (const auto& [machine, name] : usual) {
    if (machine == arch) return "linux_" + std::string(name);
  }
  return "linux_" + arch;
}

bool IsPlatform(std::string_view text) {
  if (text == "any") return true;
  const std::size_t bar = text.find('_');
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return bar != std::string_view::npos && bar > 0 && bar + 1 < text.size() && text.size() <= 64 &&
         std::all_of(text.begin(), text.end(), plain);
}

std::string ExpandUrl(std::string_view url, const UrlValues& values) {
  const std::size_t bar = values.platform.find('_');
  const std::string os = values.platform.substr(0, bar);
  const std::string arch = bar == std::string::npos ? "" : values.platform.substr(bar + 1);
  std::string text;
  while (!url.empty()) {
    const std::size_t at = std::min(url.find('{'), url.size());
    text += url.substr(0, at);
    url.remove_prefix(at);
    const std::size_t end = url.find('}');
    if (end == std::string_view::npos) break;
    const std::string_view word = url.substr(1, end - 1);
    const bool of_platform = word == "os" || word == "arch";
    if (word == "name") {
      text += values.name;
    } else if (word == "version") {
      text += values.version;
    } else if (of_platform && !values.platform.empty()) {
      text += word == "os" ? os : arch;
    } else {
      text += url.substr(0, end + 1);
    }
    url.remove_prefix(end + 1);
  }
  return text + std::string(url);
}

base::Status CheckUrl(std::string_view url) {
  const auto odd = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f' || c == '\\'; };
  if (url.size() > kLongestUrl) return Refuse(url.substr(0, 80), "longer than 4096 characters");
  if (std::any_of(url.begin(), url.end(), odd)) return Refuse(url, "it has spaces, backslashes or control characters");
  if (auto placed = CheckPlaceholders(url); !placed) return placed;
  if (IsFileUrl(url)) {
    return url.substr(kFile.size()).starts_with('/') ? base::Status{} : Refuse(url, "a file's url is file:///PATH");
  }
  const bool https = url.starts_with("https://");
  if (!https && !url.starts_with("http://")) return Refuse(url, "it must begin with https:// or file:///");
  const std::string_view authority = AuthorityOf(url);
  if (authority.empty()) return Refuse(url, "it names no server");
  if (authority.find('@') != std::string_view::npos) return Refuse(url, "it holds a user or password");
  if (authority.find('{') != std::string_view::npos) return Refuse(url, "the server's name can not be a placeholder");
  if (!https && !IsThisMachine(authority)) {
    return Refuse(
        url,
        "what comes by http can be changed on its way: it must be https (http only to 127.0.0.1, [::1] and localhost)");
  }
  return {};
}

bool IsFileUrl(std::string_view url) {
  return url.starts_with(kFile);
}

std::string PathOfFileUrl(std::string_view url) {
  return std::string(url.substr(kFile.size()));
}

std::string LatestUrl(std::string_view expanded) {
  const std::string versioned = std::string(kDownload) + "latest/";
  const std::size_t at = expanded.find(versioned);
  if (at == std::string_view::npos) return std::string(expanded);
  return std::string(expanded.substr(0, at)) + std::string(kLatestDownload) +
         std::string(expanded.substr(at + versioned.size()));
}

std::optional<std::string> VersionInUrl(std::string_view url) {
  const std::size_t at = url.find(kDownload);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = url.substr(at + kDownload.size());
  const std::size_t end = rest.find('/');
  if (end == std::string_view::npos || end == 0) return std::nullopt;
  return std::string(rest.substr(0, end));
}

bool IsAskedFor(const model::ProviderRef& ref, std::string_view pinned_version, std::string_view pinned_url) {
  const std::string version = ref.version.empty() ? "latest" : ref.version;
  if (version != "latest" && version != pinned_version) return false;
  if (ref.url.empty()) return true;
  if (ExpandUrl(ref.url, {ref.name, std::string(pinned_version), ""}) == pinned_url) return true;
  const auto asked = ReleaseOf(ref.url);
  const auto pinned = ReleaseOf(pinned_url);
  return version == "latest" && asked && pinned && *asked == *pinned;
}

}  // namespace kadende::providers
