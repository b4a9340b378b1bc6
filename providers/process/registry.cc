#include "providers/process/registry.h"

#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

#include "engine/base/digest.h"
#include "providers/shim/files.h"

namespace kadende::providers::process {
namespace {

constexpr std::size_t kKeyLength = 16;
constexpr std::string_view kGonePrefix = ".gone-";
constexpr const char* kLostMark = ".lost";

bool IsFolderName(std::string_view text) {
  if (text.empty() || text.size() > 64 || text.front() == '-') return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
  return value == nullptr ? std::string() : std::string(value);
}

std::string HomeFolder() {
  if (std::string home = Environment("HOME"); !home.empty()) return home;
  std::array<char, 4096> buffer;
  passwd entry = {};
  passwd* found = nullptr;
  if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return {};
  return found->pw_dir;
}

std::string DefaultRoot() {
  if (const std::string state = Environment("XDG_STATE_HOME"); state.starts_with('/'))
    return state + "/kadende/process";
  const std::string home = HomeFolder();
  return home.starts_with('/') ? home + "/.local/state/kadende/process" : std::string();
}

std::string FirstLine(const char* path) {
  const std::string text = shim::ReadFile(AT_FDCWD, path).value_or("");
  return text.substr(0, text.find('\n'));
}

// Containers of one image may share its machine id; their host name is their own.
std::string MachineName() {
  std::string machine = FirstLine("/etc/machine-id");
  if (machine.empty() || machine == "uninitialized") machine = FirstLine("/var/lib/dbus/machine-id");
  const bool container = ::access("/.dockerenv", F_OK) == 0 || ::access("/run/.containerenv", F_OK) == 0;
  if (machine.empty() || container) machine += "@" + FirstLine("/proc/sys/kernel/hostname");
  return machine;
}

std::string ShortHash(const std::string& text) {
  return base::ToBase32(base::Sha256(text)).substr(0, kKeyLength);
}

// The machine id itself is confidential (machine-id(5)) and scopes are published.
std::string ScopeOf(const std::string& root) {
  return "process:" + ShortHash("kadende machine " + MachineName()) + ":" + std::to_string(::getuid()) + ":" +
         ShortHash("kadende registry " + root).substr(0, 8);
}

template <class Visit>
base::Status ForEachEntry(const std::string& path, Visit visit) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), &::closedir);
  if (!folder) {
    if (errno == ENOENT) return {};
    return base::Fail(errno == EACCES ? base::ErrorCode::kDenied : base::ErrorCode::kUnavailable,
                      path + " cannot be read: " + std::system_category().message(errno));
  }
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") visit(name);
  }
  return {};
}

}  // namespace

std::optional<InstanceId> ParseInstanceId(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  InstanceId id{std::string(text.substr(0, dot)), std::string(text.substr(dot + 1))};
  if (!IsFolderName(id.lineage) || !IsFolderName(id.key)) return std::nullopt;
  return id;
}

base::Result<InstanceId> MakeInstanceId(std::string_view lineage, std::string_view token) {
  if (IsFolderName(lineage)) return InstanceId{std::string(lineage), std::string(token.substr(0, kKeyLength))};
  return base::Fail(base::ErrorCode::kInvalid, "`" + std::string(lineage) + "` is no lineage");
}

Registry::Registry(std::string root) : root_(root.empty() ? DefaultRoot() : std::move(root)) {
  if (!root_.empty()) {
    std::error_code error;
    const std::filesystem::path path = std::filesystem::absolute(root_, error).lexically_normal();
    if (!error) root_ = path.string();
    if (root_.size() > 1 && root_.back() == '/') root_.pop_back();
  }
  scope_ = ScopeOf(root_);
}

base::Status Registry::Usable() const {
  if (!root_.empty()) return {};
  return base::Fail(base::ErrorCode::kInvalid,
                    "the process provider has no place for its nodes: set XDG_STATE_HOME or HOME");
}

std::string Registry::LineageFolder(std::string_view lineage) const {
  return root_ + "/" + std::string(lineage);
}

std::string Registry::NodeFolder(const InstanceId& id) const {
  return root_ + "/" + id.lineage + "/" + id.key;
}

bool Registry::HasLineage(std::string_view lineage) const {
  return ::access(LineageFolder(lineage).c_str(), F_OK) == 0;
}

base::Status Registry::MakeLineage(std::string_view lineage) const {
  const std::string path = LineageFolder(lineage);
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) {
      return base::Fail(errno == EACCES || errno == EROFS ? base::ErrorCode::kDenied : base::ErrorCode::kUnavailable,
                        part + " cannot be made: " + std::system_category().message(errno));
    }
    if (end == std::string::npos) return {};
  }
}

base::Result<std::vector<std::string>> Registry::Lineages() const {
  std::vector<std::string> lineages;
  const base::Status read = ForEachEntry(root_, [&](std::string_view name) {
    if (IsFolderName(name)) lineages.emplace_back(name);
  });
  if (!read) return tl::unexpected(read.error());
  std::sort(lineages.begin(), lineages.end());
  return lineages;
}

base::Result<std::vector<InstanceId>> Registry::Ids(const std::string& lineage) const {
  std::vector<InstanceId> ids;
  const base::Status read = ForEachEntry(LineageFolder(lineage), [&](std::string_view name) {
    if (IsFolderName(name)) ids.push_back({lineage, std::string(name)});
  });
  if (!read) return tl::unexpected(read.error());
  std::sort(ids.begin(), ids.end());
  return ids;
}

bool Registry::MayHaveLostNodes(std::string_view lineage) const {
  return ::access((LineageFolder(lineage) + "/" + kLostMark).c_str(), F_OK) == 0;
}

void Registry::MarkLostNodes(std::string_view lineage, bool lost) const {
  const std::string path = LineageFolder(lineage) + "/" + kLostMark;
  if (!lost) {
    ::unlink(path.c_str());
    return;
  }
  const shim::Descriptor made(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

bool Registry::CleaningIsDue(const std::string& lineage, base::TimePoint now) {
  const std::lock_guard lock(mutex_);
  base::TimePoint& last = cleaned_[lineage];
  if (last != base::TimePoint{} && now - last < std::chrono::hours(1)) return false;
  last = now;
  return true;
}

void Registry::RemoveLitter(const std::string& lineage) const {
  std::vector<std::string> litter;
  const std::string folder = LineageFolder(lineage);
  const base::Status ignored = ForEachEntry(folder, [&](std::string_view name) {
    if (name.starts_with(kGonePrefix)) litter.push_back(folder + "/" + std::string(name));
  });
  static_cast<void>(ignored);
  for (const std::string& path : litter) RemoveTree(path);
}

void RemoveTree(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

}  // namespace kadende::providers::process
