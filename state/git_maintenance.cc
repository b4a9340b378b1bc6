#include "state/git_maintenance.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>
#include <vector>

namespace kadende::state {
namespace {

// 500 commits of about 7 objects: 3,500 spread over 256 folders, of which eight are counted.
constexpr int kManyInEightFolders = 110;
constexpr int kManyPacks = 40;
constexpr auto kLimit = std::chrono::minutes(2);

int CountFiles(const std::filesystem::path& folder, std::string_view extension) {
  int count = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (extension.empty() || at->path().extension() == extension) ++count;
  }
  return count;
}

bool HasManyPacks(const std::string& repository) {
  return CountFiles(repository + "/objects/pack", ".pack") > kManyPacks;
}

// The environment without what would point git elsewhere (a hook that calls kadende has GIT_DIR set).
std::vector<char*> CleanEnvironment() {
  std::vector<char*> kept;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (std::strncmp(*entry, "GIT_", 4) != 0) kept.push_back(*entry);
  }
  kept.push_back(nullptr);
  return kept;
}

void WaitBounded(pid_t pid) {
  const auto until = std::chrono::steady_clock::now() + kLimit;
  auto pause = std::chrono::milliseconds(1);
  while (waitpid(pid, nullptr, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > until) {
      kill(pid, SIGKILL);
      waitpid(pid, nullptr, 0);  // it cannot outlive the signal
      return;
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::milliseconds(50));
  }
}

void RunGit(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::vector<char*> environment = CleanEnvironment();
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, "git", &files, nullptr, argv.data(), environment.data());
  posix_spawn_file_actions_destroy(&files);
  if (error == 0) WaitBounded(pid);
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
  // repack alone leaves references and unreachable objects as they are: other clusters publish here at the same time.
  std::vector<std::string> arguments = {"git", "--git-dir=" + repository, "repack", "-q", "-d", "-l"};
  // -A and not -a: what nothing refers to yet becomes loose instead of vanishing, for its reference may be on its way.
  if (HasManyPacks(repository)) arguments.emplace_back("-A");
  RunGit(std::move(arguments));
}

}  // namespace kadende::state
