#include "providers/docker/credential_helper.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "engine/base/json.h"
#include "engine/base/secret_text.h"
#include "engine/base/text.h"

extern char** environ;  // NOLINT: POSIX has it in no header

namespace kadende::providers::docker {
namespace {

using base::ErrorCode;
using base::Fail;

constexpr std::size_t kMostOutput = std::size_t{64} << 10U;

// A file in memory alone: what a helper says is a secret.
class MemoryFile {
 public:
  MemoryFile() : fd_(::memfd_create("kadende-credentials", MFD_CLOEXEC)) {}
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool Fill(const std::string& text) const {
    return ::pwrite(fd_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
  }
  [[nodiscard]] std::string Content() const {
    std::string text(kMostOutput, '\0');
    const ssize_t count = ::pread(fd_, text.data(), text.size(), 0);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    return text;
  }

 private:
  int fd_;
};

int Spawn(const std::string& program, int input, int output, pid_t* pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  sigset_t none;
  ::sigemptyset(&none);
  posix_spawn_file_actions_adddup2(&actions, input, 0);
  posix_spawn_file_actions_adddup2(&actions, output, 1);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, static_cast<short>(POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK));
  std::string name = program;
  std::string verb = "get";
  const std::array<char*, 3> argv = {name.data(), verb.data(), nullptr};
  const int error = ::posix_spawnp(pid, program.c_str(), &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

// False: it did not end in time, and was ended with all that is in its session.
bool AwaitEnd(pid_t pid, std::chrono::milliseconds limit, int* status) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U));
  pollfd wanted = {fd, POLLIN, 0};
  const auto deadline = std::chrono::steady_clock::now() + limit;
  int ready = 0;
  do {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    ready = ::poll(&wanted, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
  } while (ready < 0 && errno == EINTR);
  if (fd >= 0) ::close(fd);
  if (ready <= 0) ::kill(-pid, SIGKILL);
  while (::waitpid(pid, status, 0) < 0 && errno == EINTR) {
  }
  return ready > 0;
}

bool IsHelperName(const std::string& name) {
  return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
                              std::string::npos;
}

// What helpers say where they have nothing; docker compares the same words.
bool KnowsNone(const std::string& output) {
  return output.find("credentials not found") != std::string::npos;
}

}  // namespace

base::Result<std::optional<RegistryLogin>> AskHelper(const std::string& name, const std::string& registry,
                                                     std::chrono::milliseconds limit) {
  const std::string program = "docker-credential-" + name;
  const std::string what = "`" + base::EscapeTerminal(program) + "`, which docker's config.json names for " +
                           base::EscapeTerminal(registry) + ",";
  if (!IsHelperName(name)) return Fail(ErrorCode::kInvalid, what + " can be no program");
  const MemoryFile input;
  const MemoryFile output;
  if (input.get() < 0 || output.get() < 0 || !input.Fill(registry)) {
    return Fail(ErrorCode::kQuota, "no memory is left for credentials");
  }
  pid_t pid = 0;
  if (const int error = Spawn(program, input.get(), output.get(), &pid); error != 0) {
    return Fail(ErrorCode::kInvalid, what + " cannot be started: " + std::strerror(error));
  }
  int status = 0;
  if (!AwaitEnd(pid, limit, &status)) return Fail(ErrorCode::kTimeout, what + " did not end in time");
  std::string said = output.Content();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    if (KnowsNone(said)) return std::nullopt;
    return Fail(ErrorCode::kDenied, what + " failed: " + base::EscapeTerminal(said.substr(0, said.find('\n'))));
  }
  const auto json = base::ParseJson(said);
  base::Wipe(said);
  if (!json || !json->is_object() || !json->contains("Username") || !json->contains("Secret") ||
      !(*json)["Username"].is_string() || !(*json)["Secret"].is_string()) {
    return Fail(ErrorCode::kInvalid, what + " gave no user and secret");
  }
  return RegistryLogin{(*json)["Username"].get<std::string>(), (*json)["Secret"].get<std::string>()};
}

}  // namespace kadende::providers::docker
