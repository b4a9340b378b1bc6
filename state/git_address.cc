#include "state/git_address.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "engine/base/text.h"

namespace kadende::state {
namespace {

constexpr auto kLimit = std::chrono::seconds(20);  // reads a few files

struct Setting {
  std::string section;  // "remote"
  std::string middle;   // "origin"; empty: none
  std::string name;     // "url"
  std::string key;      // all of it, as git prints it
  std::string value;
};

// git prints sections and names in small letters.
Setting Parse(std::string_view key, std::string_view value) {
  const std::size_t first = key.find('.');
  const std::size_t last = key.rfind('.');
  Setting setting;
  setting.key = key;
  setting.value = value;
  setting.section = key.substr(0, first);
  if (last == std::string_view::npos) return setting;
  setting.name = key.substr(last + 1);
  if (last > first) setting.middle = key.substr(first + 1, last - first - 1);
  return setting;
}

// Settings for the way to a remote; those of remotes are looked at on their own.
bool IsPassedOn(const Setting& setting) {
  const std::string& section = setting.section;
  if (section == "http" || section == "credential" || section == "protocol") return true;
  if (section == "url") return setting.name == "insteadof" || setting.name == "pushinsteadof";
  if (section == "core") return setting.name == "sshcommand" || setting.name == "gitproxy" || setting.name == "askpass";
  return section == "ssh" && setting.name == "variant";
}

constexpr std::array<std::string_view, 4> kOfRemotes = {"proxy", "proxyauthmethod", "uploadpack", "receivepack"};

// Whoever may write such a setting may run programs as us.
bool RunsProgram(const Setting& setting) {
  if (setting.section == "core" || setting.section == "protocol") return true;
  if (setting.section == "credential") return setting.name == "helper";
  return setting.name == "uploadpack" || setting.name == "receivepack";
}

std::vector<Setting> ParseList(std::string_view text) {
  std::vector<Setting> settings;
  const std::vector<std::string> parts = base::Split(text, '\0');
  for (std::size_t i = 0; i + 1 < parts.size(); i += 2) {
    if (parts[i] != "local" && parts[i] != "worktree") continue;
    const std::size_t end = parts[i + 1].find('\n');
    const bool bare = end == std::string::npos;  // "key" alone means true
    settings.push_back(
        Parse(std::string_view(parts[i + 1]).substr(0, end), bare ? "true" : parts[i + 1].substr(end + 1)));
  }
  return settings;
}

// Of the repository around `folder`, without what is the user's or the machine's. Empty where there is no repository.
base::Result<std::vector<Setting>> ReadSettings(const std::string& folder) {
  const GitSettings any_owner = {{"safe.directory", "*"}};
  const auto listed = RunGit(
      {.arguments = {"-C", folder, "config", "--list", "-z", "--show-scope"}, .settings = any_owner, .limit = kLimit});
  if (!listed) return tl::unexpected(listed.error());
  if (listed->status != 0) {
    return base::Fail(base::ErrorCode::kInvalid,
                      "cannot read git's configuration around " + folder + ": " + base::EscapeTerminal(listed->err));
  }
  std::vector<Setting> settings = ParseList(listed->out);
  const auto risky = [](const Setting& setting) { return RunsProgram(setting); };
  if (std::none_of(settings.begin(), settings.end(), risky)) return settings;
  const auto trusted = RunGit({.arguments = {"-C", folder, "rev-parse", "--git-dir"}, .limit = kLimit});
  if (!trusted) return tl::unexpected(trusted.error());
  if (trusted->status != 0) std::erase_if(settings, risky);
  return settings;
}

struct Named {
  std::string url;
  std::string push_url;
};

std::optional<Named> FindNamed(const std::vector<Setting>& settings, const std::string& name) {
  Named found;
  for (const auto& setting : settings) {
    if (setting.section != "remote" || setting.middle != name) continue;
    // Only one place can be compared and swapped: the first of several.
    if (setting.name == "url" && found.url.empty()) found.url = setting.value;
    if (setting.name == "pushurl" && found.push_url.empty()) found.push_url = setting.value;
  }
  if (found.url.empty()) return std::nullopt;
  return found;
}

// As git tells a path from "host:path" and from a URL.
bool IsPath(const std::string& address) {
  const std::size_t colon = address.find(':');
  return colon == std::string::npos || address.find('/') < colon;
}

bool IsRelative(const std::string& address) {
  return !address.empty() && IsPath(address) && !address.starts_with('/') && !address.starts_with('~');
}

std::string FromFolder(const std::string& folder, const std::string& address) {
  if (!IsRelative(address)) return address;
  return std::filesystem::absolute(std::filesystem::path(folder) / address).lexically_normal().string();
}

// git's commands count a remote's path from the top of the work tree.
std::string TopOf(const std::string& folder) {
  const auto top = RunGit({.arguments = {"-C", folder, "rev-parse", "--show-toplevel"},
                           .settings = {{"safe.directory", "*"}},
                           .limit = kLimit});
  if (!top || top->status != 0 || top->out.empty()) return folder;
  return top->out.substr(0, top->out.size() - 1);
}

std::string KnownRemotes(const std::vector<Setting>& settings) {
  std::vector<std::string> names;
  for (const auto& setting : settings) {
    if (setting.section == "remote" && setting.name == "url") names.push_back(base::EscapeTerminal(setting.middle));
  }
  if (names.empty()) return "it has none";
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return "it has " + base::Join(names, ", ");
}

void SetAddress(const Named& address, GitAddress* found) {
  const std::string prefix = "remote." + std::string(kRemoteName) + ".";
  found->shown = base::EscapeTerminal(WithoutCredentials(address.url));
  found->settings.emplace_back(prefix + "url", address.url);
  if (!address.push_url.empty()) found->settings.emplace_back(prefix + "pushurl", address.push_url);
}

}  // namespace

std::string WithoutCredentials(std::string_view text) {
  std::string clean;
  for (std::size_t at = text.find("://"); at != std::string_view::npos; at = text.find("://")) {
    const std::size_t start = at + 3;
    clean += text.substr(0, start);
    const std::size_t end = std::min(text.find_first_of("/ \t\n'\"", start), text.size());
    const std::size_t sign = text.substr(start, end - start).rfind('@');
    text.remove_prefix(sign == std::string_view::npos ? start : start + sign + 1);
  }
  return clean.append(text);
}

base::Result<GitAddress> FindGitAddress(const std::string& folder, const std::string& remote) {
  const auto settings = ReadSettings(folder);
  if (!settings) return tl::unexpected(settings.error());
  GitAddress found;
  for (const auto& setting : *settings) {
    if (IsPassedOn(setting)) found.settings.emplace_back(setting.key, setting.value);
  }
  if (auto named = FindNamed(*settings, remote)) {
    const bool relative = IsRelative(named->url) || IsRelative(named->push_url);
    const std::string top = relative ? TopOf(folder) : folder;
    named->url = FromFolder(top, named->url);
    named->push_url = FromFolder(top, named->push_url);
    for (const auto& setting : *settings) {
      const bool wanted = std::find(kOfRemotes.begin(), kOfRemotes.end(), setting.name) != kOfRemotes.end();
      if (setting.section != "remote" || setting.middle != remote || !wanted) continue;
      found.settings.emplace_back("remote." + std::string(kRemoteName) + "." + setting.name, setting.value);
    }
    SetAddress(*named, &found);
    return found;
  }
  if (remote.find_first_of("/:") == std::string::npos) {
    return base::Fail(base::ErrorCode::kInvalid, "there is no remote `" + base::EscapeTerminal(remote) +
                                                     "` in the git repository around " + folder + "; " +
                                                     KnownRemotes(*settings) +
                                                     "; name one of these, a URL, or a path with a slash");
  }
  SetAddress({FromFolder(folder, remote), {}}, &found);
  return found;
}

}  // namespace kadende::state
