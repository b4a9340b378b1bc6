#include "providers/hook/program.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>
#include <utility>

#include "engine/base/text.h"
#include "providers/hook/facts.h"
#include "providers/spawn/pid_fd.h"
#include "providers/spawn/spawn.h"

namespace kadende::providers::hook {
namespace {

using base::Effect;
using base::ErrorCode;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kKeptOutput = 4 * 1024;  // of its end
constexpr int kNotYet = 75;                    // EX_TEMPFAIL of sysexits.h

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { Close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  void Close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

base::Error Error(ErrorCode code, std::string message, Effect effect = Effect::kPossible) {
  return {code, std::move(message), effect, std::nullopt};
}

// One program while it runs.
class Running {
 public:
  Running(const ProgramOptions& options, pid_t pid, int output)
      : options_(options), pid_(pid), ended_(OpenPidFd(pid)), output_(output), asked_(::eventfd(0, EFD_CLOEXEC)) {}

  base::Status Wait(const std::stop_token& stop) {
    const std::stop_callback wake(stop, [this] { (void)::eventfd_write(asked_.get(), 1); });
    std::optional<base::Error> why;
    if (ended_.get() < 0 || asked_.get() < 0) {
      why = Error(ErrorCode::kUnavailable, std::string("no descriptors are left: ") + std::strerror(errno));
    }
    const Clock::time_point begun = Clock::now();
    heard_ = begun;
    while (!why) {
      const Clock::time_point until = std::min(heard_ + options_.silence, begun + options_.limit);
      if (stop.stop_requested()) {
        why = Error(ErrorCode::kCancelled, "it was stopped");
      } else if (Clock::now() >= until) {
        why = TooLong(until == begun + options_.limit);
      } else if (Look(until)) {
        break;
      }
    }
    if (why) ::kill(-pid_, SIGKILL);  // its session is its process group
    const int status = Reap();
    ::kill(-pid_, SIGKILL);  // what it left behind holds nothing up
    ReadRest();
    if (why) return tl::unexpected<base::Error>(Said(std::move(*why)));
    return Judge(status);
  }

 private:
  [[nodiscard]] base::Error TooLong(bool in_all) const {
    return Error(ErrorCode::kTimeout, in_all ? "it took longer than " + base::FormatDuration(options_.limit)
                                             : "it said nothing for " + base::FormatDuration(options_.silence));
  }

  // True: it has ended.
  bool Look(Clock::time_point until) {
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    std::array<pollfd, 3> wanted = {pollfd{ended_.get(), POLLIN, 0}, pollfd{asked_.get(), POLLIN, 0},
                                    pollfd{open_ ? output_.get() : -1, POLLIN, 0}};
    ::poll(wanted.data(), wanted.size(), static_cast<int>(std::clamp<std::int64_t>(wait.count(), 0, 60'000)));
    if (wanted[2].revents != 0) open_ = Read();
    return wanted[0].revents != 0;
  }

  // False: nothing more will come.
  bool Read() {
    std::array<char, 4096> piece;
    const ssize_t got = ::read(output_.get(), piece.data(), piece.size());
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;
    heard_ = Clock::now();
    said_.append(piece.data(), static_cast<std::size_t>(got));
    if (said_.size() > 2 * kKeptOutput) said_.erase(0, said_.size() - kKeptOutput);
    return true;
  }

  // What is in the pipe; who else holds it open is not waited for.
  void ReadRest() {
    for (int pieces = 0; open_ && pieces < 16; ++pieces) {
      pollfd wanted{output_.get(), POLLIN, 0};
      if (::poll(&wanted, 1, 0) <= 0) return;
      open_ = Read();
    }
  }

  [[nodiscard]] int Reap() const {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
  }

  [[nodiscard]] base::Error Said(base::Error error) const {
    std::string message = base::QuoteJson(base::Join(options_.command, " ")) + ": " + error.message;
    if (const std::string line = LastLine(said_); !line.empty()) message += "; it said: " + line;
    error.message = std::move(message);
    return error;
  }

  [[nodiscard]] base::Status Judge(int status) const {
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    const ErrorCode code =
        WIFEXITED(status) && WEXITSTATUS(status) == kNotYet ? ErrorCode::kUnavailable : ErrorCode::kInternal;
    const std::string how = WIFEXITED(status) ? "exit code " + std::to_string(WEXITSTATUS(status))
                                              : "ended by signal " + std::to_string(WTERMSIG(status));
    return tl::unexpected<base::Error>(Said(Error(code, how)));
  }

  const ProgramOptions& options_;
  const pid_t pid_;
  const Descriptor ended_;
  const Descriptor output_;
  const Descriptor asked_;
  bool open_ = true;
  std::string said_;
  Clock::time_point heard_;
};

}  // namespace

base::Status RunProgram(const ProgramOptions& options, const std::stop_token& stop) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return tl::unexpected<base::Error>(
        Error(ErrorCode::kUnavailable, std::string("no descriptors are left: ") + std::strerror(errno), Effect::kNone));
  }
  Descriptor write_end(ends[1]);
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  pid_t pid = 0;
  if (const int error = Spawn(options.command, options.environment, options.directory, ends[1], &pid); error != 0) {
    ::close(ends[0]);
    return tl::unexpected<base::Error>(
        Error(ErrorCode::kInvalid,
              "cannot start " + base::QuoteJson(options.command.front()) + ": " + std::strerror(error), Effect::kNone));
  }
  write_end.Close();
  return Running(options, pid, ends[0]).Wait(stop);
}

}  // namespace kadende::providers::hook
