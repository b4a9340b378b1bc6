#include "cli/configuration.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "engine/base/text.h"
#include "lang/file_source.h"
#include "lang/key_place.h"

namespace kadende::cli {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;

constexpr std::size_t kConfigurationLimit = 2U << 20U;  // lang/file_source.h

bool HasKey(std::string_view text, std::string_view key) {
  for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
    const bool starts = at == 0 || text[at - 1] == '\n';
    const std::size_t end = at + key.size();
    if (starts && end < text.size() && text[end] == ':') return true;
  }
  return false;
}

// A guess for choosing among files; the parser judges the chosen one.
bool LooksLikeCluster(const fs::path& path) {
  auto text = ReadFile(path.string(), kConfigurationLimit);
  return text && HasKey(*text, "name") && HasKey(*text, "groups");
}

// The value of the line "name: VALUE", without quotes; empty where there is none.
std::string NameIn(std::string_view text) {
  for (std::string& line : base::Split(text, '\n')) {
    if (!line.starts_with("name:")) continue;
    std::string value = line.substr(5, line.find(" #") == std::string::npos ? std::string::npos : line.find(" #") - 5);
    std::erase_if(value, [](char c) { return c == ' ' || c == '"' || c == '\'' || c == '\r' || c == '\t'; });
    return value;
  }
  return {};
}

bool IsYaml(const fs::path& path) {
  return path.extension() == ".yml" || path.extension() == ".yaml";
}

base::Result<std::string> FindInFolder(const fs::path& folder) {
  std::vector<std::string> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (IsYaml(entry.path()) && entry.is_regular_file(error) && LooksLikeCluster(entry.path())) {
      found.push_back(folder == "." ? entry.path().filename().string() : entry.path().string());
    }
  }
  if (error)
    return base::Fail(ErrorCode::kInvalid, "cannot read the folder " + folder.string() + ": " + error.message());
  if (found.size() == 1) return found.front();
  const std::string where = folder == "." ? "here" : "in " + folder.string();
  if (found.empty()) {
    return base::Fail(ErrorCode::kNotFound,
                      "no cluster file " + where +
                          ": write one (*.yml with `name` and `groups` at the top), or name it, as "
                          "in `kadende plan shop.yml`");
  }
  std::sort(found.begin(), found.end());
  std::string list;
  for (const auto& name : found) list += (list.empty() ? "" : ", ") + name;
  return base::Fail(ErrorCode::kInvalid,
                    "several cluster files " + where + ": " + list + "; name the one that is meant");
}

// The line of `text` with number `line`, for the excerpt of a diagnostic.
std::string LineOf(std::string_view text, int line) {
  for (int at = 1; at < line && !text.empty(); ++at) {
    const auto end = text.find('\n');
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return std::string(text);
}

// A plan where a cluster file is wanted: said at once, instead of one error for each of its keys.
base::Status RefusePlan(const std::string& path) {
  auto text = ReadFile(path, kConfigurationLimit);
  if (!text || !text->starts_with('{')) return {};
  if (text->find("\"kadende_plan\":") != std::string::npos) {
    return base::Fail(ErrorCode::kInvalid, path + " is a saved plan, not a cluster file: `kadende apply " + path +
                                               "` performs it, `kadende show " + path + "` shows it");
  }
  if (text->find("\"format_version\":") != std::string::npos) {
    return base::Fail(ErrorCode::kInvalid, path +
                                               " is a plan printed as JSON, which is for programs to read; a plan to "
                                               "apply is saved with `kadende plan --out FILE`");
  }
  return {};
}

// "groups.web.args[1]" -> "groups.web.args" -> "groups.web" -> "groups" -> "".
std::string Around(const std::string& path) {
  const auto cut = path.find_last_of(".[");
  return cut == std::string::npos ? std::string() : path.substr(0, cut);
}

// What nobody knows has no value to judge.
bool IsAboutKey(const base::Diagnostic& diagnostic) {
  return diagnostic.message.starts_with("unknown property `");
}

base::Error SystemError(const std::string& what, int cause) {
  const ErrorCode code = cause == ENOENT ? ErrorCode::kNotFound : ErrorCode::kInvalid;
  return base::Error{code, what + ": " + std::strerror(cause), base::Effect::kNone, std::nullopt};
}

}  // namespace

base::Result<std::string> FindConfiguration(const std::string& path) {
  std::error_code error;
  if (path.empty()) return FindInFolder(".");
  if (fs::is_directory(path, error)) return FindInFolder(path);
  if (!fs::exists(path, error)) return base::Fail(ErrorCode::kNotFound, "no such file: " + path);
  return path;
}

std::vector<std::string> ClusterNamesIn(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (!IsYaml(entry.path()) || !entry.is_regular_file(error) || !LooksLikeCluster(entry.path())) continue;
    auto text = ReadFile(entry.path().string(), kConfigurationLimit);
    if (!text) continue;
    if (auto name = NameIn(*text); !name.empty()) names.push_back(std::move(name));
  }
  return names;
}

std::optional<model::ClusterSpec> SharingSpecIn(const std::string& folder, std::string_view name) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (!IsYaml(entry.path()) || !entry.is_regular_file(error)) continue;
    auto text = ReadFile(entry.path().string(), kConfigurationLimit);
    if (text && HasKey(*text, "groups") && HasKey(*text, "state") && NameIn(*text) == name) {
      files.push_back(entry.path().string());
    }
  }
  if (files.size() != 1) return std::nullopt;
  auto read = ReadConfiguration(files.front(), {}, true);
  if (!read || read->diagnostics.HasErrors() || read->spec.name != name) return std::nullopt;
  return std::move(read->spec);
}

bool IsNamedBeside(std::string_view file, std::string_view name) {
  std::error_code error;
  const fs::path self = fs::weakly_canonical(fs::path(file), error);
  for (const auto& entry : fs::directory_iterator(self.parent_path(), error)) {
    if (!IsYaml(entry.path()) || entry.path() == self || !LooksLikeCluster(entry.path())) continue;
    auto text = ReadFile(entry.path().string(), kConfigurationLimit);
    if (text && NameIn(*text) == name) return true;
  }
  return false;
}

base::Result<std::string> ReadFile(const std::string& path, std::size_t limit) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return tl::unexpected(SystemError("cannot read " + path, errno));
  std::string text;
  char bytes[65536];
  ssize_t count = 0;
  while ((count = read(fd, bytes, sizeof bytes)) != 0) {
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 || text.size() + static_cast<std::size_t>(count) > limit) break;
    text.append(bytes, static_cast<std::size_t>(count));
  }
  const int cause = errno;
  close(fd);
  if (count < 0) return tl::unexpected(SystemError("cannot read " + path, cause));
  if (count > 0) {
    return base::Fail(ErrorCode::kInvalid, path + " is larger than " + std::to_string(limit >> 10U) + " KiB");
  }
  return text;
}

base::Status WriteFile(const std::string& path, std::string_view bytes) {
  struct stat found = {};
  const bool replaces = stat(path.c_str(), &found) != 0 || S_ISREG(found.st_mode);
  std::error_code absent;
  const fs::path real = fs::canonical(path, absent);  // a link stays a link
  const std::string target = absent || !replaces ? path : real.string();
  const std::string file = replaces ? target + ".new-" + std::to_string(getpid()) : target;
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return tl::unexpected(SystemError("cannot write " + path, errno));
  bool good = true;
  while (good && !bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
    good = count > 0 || errno == EINTR;
  }
  good = good && (!replaces || fsync(fd) == 0);
  int cause = errno;
  close(fd);
  if (good && (!replaces || rename(file.c_str(), target.c_str()) == 0)) return {};
  if (good) cause = errno;
  if (replaces) unlink(file.c_str());
  return tl::unexpected(SystemError("cannot write " + path, cause));
}

base::Result<std::map<std::string, std::string>> ReadVariables(const std::vector<std::string>& variables,
                                                               const std::vector<std::string>& files,
                                                               base::Diagnostics* diagnostics) {
  std::map<std::string, std::string> values;
  for (const std::string& file : files) {
    auto bytes = ReadFile(file, kConfigurationLimit);
    if (!bytes) return base::Wrap(std::move(bytes.error()), "--var-file");
    lang::VariableFile read = lang::ParseVariables(*bytes, file);
    diagnostics->Append(std::move(read.diagnostics));
    for (auto& [name, value] : read.values) values[name] = std::move(value);
  }
  for (const std::string& text : variables) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return base::Fail(ErrorCode::kInvalid, "--var " + text + ": write it as NAME=VALUE");
    }
    values[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return values;
}

base::Result<Configuration> ReadConfiguration(const std::string& path,
                                              const std::map<std::string, std::string>& variables,
                                              bool variables_may_lack) {
  auto found = FindConfiguration(path);
  if (!found) return tl::unexpected(std::move(found.error()));
  lang::FileSource source(*found, variables, variables_may_lack);
  auto read = source.Read();
  if (!read) return tl::unexpected(std::move(read.error()));
  if (read->diagnostics.HasErrors()) {
    if (auto plan = RefusePlan(*found); !plan) return tl::unexpected(std::move(plan.error()));
  }
  Configuration configuration;
  configuration.path = *found;
  std::error_code error;
  configuration.directory = fs::absolute(*found, error).lexically_normal().parent_path().string();
  configuration.spec = std::move(read->spec);
  configuration.diagnostics = std::move(read->diagnostics);
  configuration.positions = source.positions();
  return configuration;
}

std::string DocumentPath(std::string_view group_path) {
  std::string path = "groups." + std::string(group_path);
  std::replace(path.begin(), path.end(), '/', '.');
  return path;
}

void Locate(const Configuration& configuration, base::Diagnostics& diagnostics) {
  for (base::Diagnostic& diagnostic : diagnostics.mutable_items()) {
    if (diagnostic.range.line != 0 || diagnostic.path.empty()) continue;
    // A group's path may be spelt with its slashes.
    const auto group_end = diagnostic.path.find(".resourceProperties");
    std::replace(diagnostic.path.begin(),
                 group_end == std::string::npos ? diagnostic.path.end()
                                                : diagnostic.path.begin() + static_cast<std::ptrdiff_t>(group_end),
                 '/', '.');
    const std::string key = lang::KeyPlace(diagnostic.path);
    const bool at_key = IsAboutKey(diagnostic) && configuration.positions.contains(key);
    for (std::string path = at_key ? key : diagnostic.path; !path.empty(); path = Around(path)) {
      const auto position = configuration.positions.find(path);
      if (position == configuration.positions.end()) continue;
      diagnostic.range = position->second;
      diagnostic.excerpt = LineOf(configuration.spec.text, diagnostic.range.line);
      break;
    }
    if (diagnostic.range.file.empty()) diagnostic.range.file = configuration.path;
  }
}

void LeaveOutKnown(const Configuration& configuration, base::Diagnostics& diagnostics) {
  auto& items = diagnostics.mutable_items();
  items.erase(std::remove_if(items.begin(), items.end(),
                             [&](const base::Diagnostic& item) {
                               const auto& known = configuration.diagnostics.items();
                               return std::any_of(known.begin(), known.end(), [&](const base::Diagnostic& other) {
                                 return other.path == item.path && other.message == item.message;
                               });
                             }),
              items.end());
}

void CheckProperties(Configuration& configuration, ports::ProviderSource& providers, bool lacking_is_error) {
  base::Diagnostics found;
  for (const model::GroupSpec& group : configuration.spec.groups) {
    const std::string at = DocumentPath(group.path);
    auto provider = providers.Find(group.provider);
    if (!provider) {
      const std::string path = at + ".resourcePlugin";
      const bool untrusted = provider.error().code == base::ErrorCode::kDenied;
      if (untrusted && lacking_is_error) continue;  // the plan says so
      if (untrusted) {
        found.Warning(path, provider.error().message + ": resourceProperties are not checked");
      } else if (lacking_is_error) {
        found.Error(path, provider.error().message);
      } else {
        found.Warning(path, provider.error().message);
      }
      continue;
    }
    base::Diagnostics judged = (*provider)->Validate(group.properties);
    for (base::Diagnostic& diagnostic : judged.mutable_items()) {
      const std::string separator = diagnostic.path.empty() || diagnostic.path.front() == '[' ? "" : ".";
      diagnostic.path = at + ".resourceProperties" + separator + diagnostic.path;
    }
    found.Append(std::move(judged));
  }
  Locate(configuration, found);
  configuration.diagnostics.Append(std::move(found));
  configuration.diagnostics.Sort();
}

}  // namespace kadende::cli
