#include "state/git_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "engine/base/text.h"

namespace kadende::state {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxOutput = 16 << 20;
constexpr auto kGrace = std::chrono::seconds(2);  // for git to remove its lock files

// How to reach others. Everything else of git's would point it elsewhere or add to what it prints.
constexpr std::array<std::string_view, 12> kKept = {"GIT_SSH=",
                                                    "GIT_SSH_COMMAND=",
                                                    "GIT_SSH_VARIANT=",
                                                    "GIT_ASKPASS=",
                                                    "GIT_PROXY_",
                                                    "GIT_SSL_",
                                                    "GIT_HTTP_",
                                                    "GIT_CONFIG_GLOBAL=",
                                                    "GIT_CONFIG_SYSTEM=",
                                                    "GIT_CONFIG_NOSYSTEM=",
                                                    "GIT_ALLOW_PROTOCOL=",
                                                    "GIT_EXEC_PATH="};
// Settings of the user's environment; ours are appended to them.
constexpr std::array<std::string_view, 3> kGiven = {"GIT_CONFIG_PARAMETERS=", "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"};
constexpr std::string_view kCount = "GIT_CONFIG_COUNT=";

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { Reset(-1); }
  [[nodiscard]] int get() const { return fd_; }
  void Reset(int fd) {
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
  }

 private:
  int fd_;
};

bool Starts(std::string_view entry, const auto& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return entry.starts_with(prefix); });
}

// A trace to a file is for the user; one to stderr would end up in our messages, with its secrets.
bool IsTraceToFile(std::string_view entry) {
  const std::size_t equals = entry.find("=/");
  return entry.starts_with("GIT_TRACE") && equals == entry.find('=');
}

std::vector<std::string> Environment(const GitSettings& settings, const GitSettings& more) {
  std::vector<std::string> kept;
  std::int64_t count = 0;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view entry = *at;
    if (entry.starts_with(kCount))
      count = std::max<std::int64_t>(0, base::ParseInt(entry.substr(kCount.size())).value_or(0));
    const bool foreign =
        entry.starts_with("GIT_") && !Starts(entry, kKept) && !Starts(entry, kGiven) && !IsTraceToFile(entry);
    if (foreign || entry.starts_with("LC_ALL=") || entry.starts_with("LANGUAGE=")) continue;
    kept.emplace_back(entry);
  }
  kept.insert(kept.end(), {"LC_ALL=C", "GIT_TERMINAL_PROMPT=0"});
  const auto add = [&](const std::string& key, const std::string& value) {
    const std::string number = std::to_string(count++);
    kept.push_back("GIT_CONFIG_KEY_" + number + "=" + key);
    kept.push_back("GIT_CONFIG_VALUE_" + number + "=" + value);
  };
  for (const auto& [key, value] : settings) add(key, value);
  add("core.hooksPath", "/dev/null");
  kept.push_back(std::string(kCount) + std::to_string(count));
  for (const auto& [key, value] : more) {
    std::string entry = key;
    kept.push_back(entry.append("=").append(value));
  }
  return kept;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// A file in memory: a pipe would have to be fed, and breaks with a signal.
base::Status OpenInput(const std::string& bytes, Descriptor* input) {
  input->Reset(bytes.empty() ? open("/dev/null", O_RDONLY | O_CLOEXEC) : memfd_create("git-input", MFD_CLOEXEC));
  bool good = input->get() >= 0;
  for (std::size_t at = 0; good && at < bytes.size();) {
    const ssize_t wrote = write(input->get(), bytes.data() + at, bytes.size() - at);
    good = wrote > 0;
    if (good) at += static_cast<std::size_t>(wrote);
  }
  if (good && !bytes.empty()) good = lseek(input->get(), 0, SEEK_SET) == 0;
  if (!good)
    return base::Fail(base::ErrorCode::kUnavailable, std::string("cannot give git its input: ") + strerror(errno));
  return {};
}

class Child {
 public:
  explicit Child(const GitCommand& command) : command_(command) {}
  ~Child() {
    if (pid_ > 0) End();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  base::Result<GitOutput> Run() {
    if (auto started = Start(); !started) return tl::unexpected(started.error());
    const std::stop_callback wake(command_.stop, [this] { eventfd_write(wake_.get(), 1); });
    const auto until = Clock::now() + command_.limit;
    while (!has_ended_) {
      if (command_.stop.stop_requested()) {
        End();
        return base::Fail(base::ErrorCode::kCancelled, "git " + Name() + " was ended on request",
                          base::Effect::kPossible);
      }
      if (Clock::now() >= until) {
        End();
        return base::Fail(base::ErrorCode::kTimeout,
                          "git " + Name() + " did not come to an end within " + base::FormatDuration(command_.limit),
                          base::Effect::kPossible);
      }
      Wait(until);
    }
    // What a helper that stays (a credential cache, an ssh master) keeps open is not waited for.
    Drain(out_.get(), &output_.out);
    Drain(err_.get(), &output_.err);
    return std::move(output_);
  }

 private:
  [[nodiscard]] std::string Name() const {
    for (std::size_t i = 0; i < command_.arguments.size(); ++i) {
      if (command_.arguments[i] == "-C")
        ++i;
      else if (!command_.arguments[i].starts_with('-'))
        return command_.arguments[i];
    }
    return "command";
  }

  base::Status Start() {
    Descriptor input;
    if (auto opened = OpenInput(command_.input, &input); !opened) return opened;
    std::array<int, 2> out{};
    std::array<int, 2> err{};
    wake_.Reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (wake_.get() < 0 || pipe2(out.data(), O_CLOEXEC) != 0) return NoRoom();
    out_.Reset(out[0]);
    const Descriptor out_end(out[1]);
    if (pipe2(err.data(), O_CLOEXEC) != 0) return NoRoom();
    err_.Reset(err[0]);
    const Descriptor err_end(err[1]);
    fcntl(out_.get(), F_SETFL, O_NONBLOCK);
    fcntl(err_.get(), F_SETFL, O_NONBLOCK);
    return Spawn(input.get(), out_end.get(), err_end.get());
  }

  base::Status Spawn(int input, int out, int err) {
    posix_spawn_file_actions_t files = {};
    posix_spawnattr_t attributes = {};
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&files, input, 0);
    posix_spawn_file_actions_adddup2(&files, out, 1);
    posix_spawn_file_actions_adddup2(&files, err, 2);
    posix_spawn_file_actions_addclosefrom_np(&files, 3);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::vector<std::string> arguments = command_.arguments;
    arguments.insert(arguments.begin(), "git");
    std::vector<std::string> environment = Environment(command_.settings, command_.environment);
    const int error =
        posix_spawnp(&pid_, "git", &files, &attributes, Pointers(arguments).data(), Pointers(environment).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    if (error != 0) pid_ = 0;
    if (error == ENOENT) {
      return base::Fail(base::ErrorCode::kNotFound, "there is no git program in PATH; install git");
    }
    if (error != 0)
      return base::Fail(base::ErrorCode::kUnavailable, std::string("cannot start git: ") + strerror(error));
    exit_.Reset(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
    return {};
  }

  static base::Status NoRoom() {
    return base::Fail(base::ErrorCode::kUnavailable, std::string("cannot start git: ") + strerror(errno));
  }

  // Until something happens, or `until`.
  void Wait(Clock::time_point until) {
    std::array<pollfd, 4> watched = {pollfd{out_.get(), POLLIN, 0}, pollfd{err_.get(), POLLIN, 0},
                                     pollfd{exit_.get(), POLLIN, 0}, pollfd{wake_.get(), POLLIN, 0}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    // Without a pidfd (an old kernel) the end is asked for now and then.
    const std::int64_t longest = exit_.get() < 0 ? 10 : 60'000;
    poll(watched.data(), watched.size(), static_cast<int>(std::clamp<std::int64_t>(left, 0, longest)));
    if (watched[0].revents != 0) Drain(out_.get(), &output_.out);
    if (watched[1].revents != 0) Drain(err_.get(), &output_.err);
    if (watched[2].revents != 0 || exit_.get() < 0) Reap(WNOHANG);
  }

  void Drain(int fd, std::string* text) {
    std::array<char, 16384> buffer{};
    for (;;) {
      const ssize_t got = read(fd, buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      // At its end a pipe would be ready for ever: not watched any more.
      if (got == 0) (fd == out_.get() ? out_ : err_).Reset(-1);
      if (got <= 0) return;
      const auto room = kMaxOutput - std::min(kMaxOutput, text->size());
      text->append(buffer.data(), std::min(room, static_cast<std::size_t>(got)));
    }
  }

  void Reap(int flags) {
    int status = 0;
    pid_t reaped = 0;
    while ((reaped = waitpid(pid_, &status, flags)) < 0 && errno == EINTR) {
    }
    if (reaped == 0) return;
    has_ended_ = true;
    pid_ = 0;
    output_.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  // The whole group: ssh and helpers too.
  void End() {
    const pid_t group = pid_;
    kill(-group, SIGTERM);
    const auto until = Clock::now() + kGrace;
    while (!has_ended_ && Clock::now() < until) Wait(std::min(until, Clock::now() + std::chrono::milliseconds(50)));
    kill(-group, SIGKILL);
    if (!has_ended_) Reap(0);  // it cannot outlive the signal
  }

  const GitCommand& command_;
  pid_t pid_ = 0;
  bool has_ended_ = false;
  Descriptor out_;
  Descriptor err_;
  Descriptor exit_;
  Descriptor wake_;
  GitOutput output_;
};

}  // namespace

base::Result<GitOutput> RunGit(const GitCommand& command) {
  return Child(command).Run();
}

}  // namespace kadende::state
