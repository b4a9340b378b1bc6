#include "state/git_maintenance.h"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

#include "state/git_program.h"

namespace kadende::state {
namespace {

// 500 commits of about 7 objects: 3,500 spread over 256 folders, of which eight are counted.
constexpr int kManyInEightFolders = 110;
constexpr int kManyPacks = 40;
constexpr auto kLimit = std::chrono::minutes(2);

// A publish refers to its objects within seconds; a person who works in there with git may take longer.
constexpr const char* kSafeAge = "1.day.ago";
constexpr const char* kJustNow = "10.minutes.ago";
constexpr std::time_t kSafeSeconds = 86'400;

int CountFiles(const std::filesystem::path& folder, std::string_view extension) {
  int count = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (extension.empty() || at->path().extension() == extension) ++count;
  }
  return count;
}

// Halves of packs that libgit2 was writing when it was killed; git knows those of its own name only.
void RemoveCutPacks(const std::string& repository) {
  const std::time_t now = std::time(nullptr);
  std::error_code error;
  for (std::filesystem::directory_iterator at(repository + "/objects/pack", error), end; !error && at != end;
       at.increment(error)) {
    struct stat info {};
    const std::string path = at->path().string();
    if (at->path().filename().string().find("_git2_") == std::string::npos) continue;
    if (stat(path.c_str(), &info) == 0 && now - info.st_mtime > kSafeSeconds) unlink(path.c_str());
  }
}

bool HasManyPacks(const std::string& repository) {
  return CountFiles(repository + "/objects/pack", ".pack") > kManyPacks;
}

// Failures are of no consequence: it is tried again after the next publishes.
void Run(std::vector<std::string> arguments) {
  [[maybe_unused]] const auto done = RunGit({.arguments = std::move(arguments), .limit = kLimit});
}

}  // namespace

bool NeedsConsolidation(const std::string& repository) {
  int loose = 0;
  for (const char* const folder : {"00", "20", "40", "60", "80", "a0", "c0", "e0"}) {
    loose += CountFiles(repository + "/objects/" + folder, "");
  }
  return loose > kManyInEightFolders || HasManyPacks(repository);
}

void Consolidate(const std::string& repository) {
  const std::string git_dir = "--git-dir=" + repository;
  // repack alone leaves references and unreachable objects as they are: other clusters publish here at the same time.
  std::vector<std::string> arguments = {git_dir, "repack", "-q", "-d", "-l"};
  // -A and not -a: what nothing refers to yet becomes loose instead of vanishing, for its reference may be on its way.
  if (HasManyPacks(repository)) {
    arguments.emplace_back("-A");
    arguments.emplace_back(std::string("--unpack-unreachable=") + kSafeAge);
  }
  Run(std::move(arguments));
  // What a publish that was killed has left behind. Every reference counts, also refs/kadende/stranded.
  Run({git_dir, "prune", std::string("--expire=") + kSafeAge});
  RemoveCutPacks(repository);
}

void Discard(const std::string& repository) {
  const std::string git_dir = "--git-dir=" + repository;
  Run({git_dir, "repack", "-q", "-d", "-l", "-A", std::string("--unpack-unreachable=") + kJustNow});
  Run({git_dir, "prune", std::string("--expire=") + kJustNow});
}

}  // namespace kadende::state
