#include "tests/state_git/support.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "state/git_history.h"

// libgit2 1.5 leaks a match of pcre2 for each setting of a repository of format version 1 that it opens, and more where
// that has extensions (state/git_around.h). Used by the leak sanitizer alone.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libgit2\nleak:libpcre2\n";
}

namespace kadende::tests {

ScratchFolder::ScratchFolder() {
  // In memory where there is such a place: these tests flush thousands of times, and none is about the disk.
  const bool memory = access("/dev/shm", W_OK) == 0;
  std::string pattern = (memory ? "/dev/shm" : std::filesystem::temp_directory_path().string()) + "/kadende-git-XXXXXX";
  path_ = std::filesystem::canonical(mkdtemp(pattern.data())).string();
  std::filesystem::permissions(path_, std::filesystem::perms(0755));  // some tests act as another user
  // Neither the machine's nor the developer's settings decide how tests end.
  setenv("HOME", path_.c_str(), 1);
  setenv("XDG_CONFIG_HOME", path_.c_str(), 1);
  setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
  unsetenv("GIT_DIR");
  unsetenv("GIT_WORK_TREE");
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
  std::filesystem::remove_all(path_, ignored);
}

Output Shell(const std::string& line) {
  const std::string command = "{ " + line + "\n} 2>&1";
  Output output;
  FILE* const pipe = popen(command.c_str(), "re");
  if (pipe == nullptr) return {-1, "cannot start a shell"};
  std::array<char, 4096> buffer{};
  while (const std::size_t got = fread(buffer.data(), 1, buffer.size(), pipe)) output.text.append(buffer.data(), got);
  const int status = pclose(pipe);
  output.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  return output;
}

std::string Git(const std::string& repository, const std::string& arguments) {
  Output output = Shell("git -C '" + repository +
                        "' -c user.name=Ann -c user.email=ann@example.org -c init.defaultBranch=main "
                        "-c protocol.file.allow=always -c safe.directory='*' " +
                        arguments);
  INFO("git " << arguments << "\n" << output.text);
  REQUIRE(output.status == 0);
  while (!output.text.empty() && output.text.back() == '\n') output.text.pop_back();
  return output.text;
}

void CheckFsck(const std::string& repository) {
  const Output output =
      Shell("git -C '" + repository + "' -c safe.directory='*' fsck --strict --no-dangling --no-progress");
  INFO(output.text);
  CHECK(output.status == 0);
  CHECK(output.text.find("error") == std::string::npos);
  CHECK(output.text.find("missing") == std::string::npos);
  CHECK(output.text.find("warning") == std::string::npos);
}

std::unique_ptr<ports::History> OpenHistory(const std::string& state, const std::string& enclosing) {
  auto history = state::OpenGitHistory({state, enclosing, false});
  REQUIRE(history);
  return std::move(*history);
}

void MakeFolder(const std::string& path) {
  std::filesystem::create_directories(path);
}

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string ReadFile(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

}  // namespace kadende::tests
