#include "providers/probe/programs.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>
#include <thread>

#include "engine/base/time.h"
#include "providers/spawn/pid_fd.h"

namespace kadende::providers::probe {
namespace {

constexpr base::Millis kCollectEvery(20);
constexpr std::chrono::seconds kCollectAtEnd(2);
constexpr std::size_t kMostOutput = 1024 * 1024;
constexpr std::size_t kKeptOutput = 4096;  // enough for the last line
constexpr std::size_t kReadAtOnce = 64 * 1024;

// Not for programs: the key of state secrets, and what would let them speak to the service manager in our name.
constexpr std::array<std::string_view, 7> kWithheld = {"KADENDE_STATE_KEY", "NOTIFY_SOCKET", "WATCHDOG_USEC",
                                                       "WATCHDOG_PID",      "LISTEN_PID",    "LISTEN_FDS",
                                                       "LISTEN_FDNAMES"};

std::string_view NameOf(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

std::vector<std::string> Inherited() {
  std::vector<std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    if (std::find(kWithheld.begin(), kWithheld.end(), NameOf(*entry)) == kWithheld.end())
      variables.emplace_back(*entry);
  }
  return variables;
}

}  // namespace

class Programs::ExecLook : public Look, private FdHandler {
 public:
  ExecLook(Programs& programs, ports::ProbeRequest request, Finish finish)
      : programs_(programs), request_(std::move(request)), finish_(std::move(finish)) {}
  ~ExecLook() override {
    if (starting_ != 0) programs_.spawner_.Cancel(starting_);
    ClosePipe();
    if (pid_fd_ >= 0) {
      programs_.loop_.Forget(pid_fd_);
      ::close(pid_fd_);
    }
    if (pid_ > 0) programs_.End(pid_);
  }
  ExecLook(const ExecLook&) = delete;
  ExecLook& operator=(const ExecLook&) = delete;

  void Begin() override;
  // A program that hangs is taken as a server that hangs: Nagios and Consul agree.
  // One that could not even be loaded says nothing of the node.
  [[nodiscard]] Outcome Expire() override {
    if (starting_ == 0) return TimedOut(request_.check.timeout);
    return {model::Finding::kUnknown, Shorten("cannot start " + request_.check.command.front() +
                                              ": not loaded within " + base::FormatDuration(request_.check.timeout) +
                                              ", or many others are not; does its file system hang?")};
  }

 private:
  void Ready(int fd, std::uint32_t events) override;
  void Started(const Spawned& spawned);
  void ReadOutput();
  void ClosePipe();
  void Ended();
  [[nodiscard]] Outcome Judge(const siginfo_t& info) const;
  void Unable(const std::string& what, int error);

  Programs& programs_;
  const ports::ProbeRequest request_;
  const Finish finish_;
  std::uint64_t starting_ = 0;  // 0: not, or it has begun
  pid_t pid_ = 0;               // 0: not started, or collected
  int pid_fd_ = -1;
  int pipe_ = -1;
  std::size_t output_ = 0;  // bytes so far
  std::string kept_;        // the last of them
};

void Programs::ExecLook::Unable(const std::string& what, int error) {
  finish_({model::Finding::kUnknown, Shorten(what + ": " + std::system_category().message(error))});
}

void Programs::ExecLook::Begin() {
  const std::vector<std::string>& command = request_.check.command;
  if (command.empty() || command.front().empty()) return finish_({model::Finding::kUnknown, "the command is empty"});
  if (programs_.killed_.size() > programs_.most_unreaped_) {
    return finish_({model::Finding::kUnknown, "earlier programs were killed and do not end: no more are started"});
  }
  std::array<int, 2> ends = {-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return Unable("cannot start a program", errno);
  pipe_ = ends[0];
  ::fcntl(ends[1], F_SETFL, 0);  // the program's end blocks, as programs expect
  ToSpawn what{command, programs_.Environment(request_.environment), request_.directory, Output(ends[1])};
  starting_ = programs_.spawner_.Ask(std::move(what), [this](const Spawned& spawned) { Started(spawned); });
}

void Programs::ExecLook::Started(const Spawned& spawned) {
  const std::string& name = request_.check.command.front();
  starting_ = 0;
  if (spawned.error != 0) return Unable("cannot start " + name, spawned.error);
  pid_ = spawned.pid;
  pid_fd_ = OpenPidFd(pid_);
  if (pid_fd_ < 0) return Unable("cannot watch " + name, errno);
  if (!programs_.loop_.Watch(pipe_, EPOLLIN, this) || !programs_.loop_.Watch(pid_fd_, EPOLLIN, this)) {
    return Unable("cannot watch " + name, errno);
  }
}

void Programs::ExecLook::Ready(int fd, std::uint32_t /*events*/) {
  if (fd == pid_fd_) return Ended();
  ReadOutput();
}

void Programs::ExecLook::ReadOutput() {
  std::array<char, 16 * 1024> part;
  for (std::size_t read = 0; pipe_ >= 0 && read < kReadAtOnce;) {
    const ssize_t count = ::read(pipe_, part.data(), part.size());
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return ClosePipe();
    const auto size = static_cast<std::size_t>(count);
    read += size;
    output_ += size;
    kept_.append(part.data(), size);
    if (kept_.size() > kKeptOutput) kept_.erase(0, kept_.size() - kKeptOutput);
    // Who writes on gets SIGPIPE, so that a flood costs no more than this.
    if (output_ > kMostOutput) return ClosePipe();
  }
}

void Programs::ExecLook::ClosePipe() {
  if (pipe_ < 0) return;
  programs_.loop_.Forget(pipe_);
  ::close(pipe_);
  pipe_ = -1;
}

void Programs::ExecLook::Ended() {
  siginfo_t info = {};
  // Left as a zombie for now: its group keeps its number until the rest of it is ended as well.
  if (WaitPidFd(pid_fd_, &info, WEXITED | WNOWAIT | WNOHANG) != 0) {
    pid_ = 0;
    return Unable("the program's end was not seen", errno);
  }
  if (info.si_pid == 0) return;
  ReadOutput();
  ::kill(-pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
  programs_.loop_.Forget(pid_fd_);
  finish_(Judge(info));
}

Outcome Programs::ExecLook::Judge(const siginfo_t& info) const {
  if (output_ > kMostOutput && info.si_code != CLD_EXITED && info.si_status == SIGPIPE) {
    return {model::Finding::kUnknown, "the program wrote more than 1 MiB"};
  }
  const std::string last = LastLine(kept_);
  const std::string more = last.empty() ? "" : ": " + last;
  if (info.si_code != CLD_EXITED) {
    return {model::Finding::kUnknown, Shorten("killed by signal " + std::to_string(info.si_status) + more)};
  }
  const model::Finding finding = info.si_status == 0   ? model::Finding::kPass
                                 : info.si_status == 1 ? model::Finding::kFail
                                                       : model::Finding::kUnknown;
  return {finding, Shorten("exit " + std::to_string(info.si_status) + more)};
}

Programs::Programs(Loop& loop, std::size_t most_unreaped)
    : loop_(loop),
      most_unreaped_(most_unreaped),
      inherited_(Inherited()),
      spawner_(loop, Spawning([this](pid_t pid) { End(pid); })) {}

Programs::~Programs() {
  for (const Spawned& spawned : spawner_.Close()) {
    if (spawned.error == 0) End(spawned.pid);
  }
  loop_.Cancel(&timer_);
  const auto deadline = Clock::now() + kCollectAtEnd;
  for (Collect(); !killed_.empty() && Clock::now() < deadline; Collect()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  loop_.Cancel(&timer_);
}

std::unique_ptr<Look> Programs::NewLook(ports::ProbeRequest request, Look::Finish finish) {
  return std::make_unique<ExecLook>(*this, std::move(request), std::move(finish));
}

std::vector<std::string> Programs::Environment(const Variables& added) const {
  std::vector<std::string> variables;
  variables.reserve(inherited_.size() + added.size());
  for (const std::string& variable : inherited_) {
    const std::string_view name = NameOf(variable);
    const bool replaced =
        std::any_of(added.begin(), added.end(), [&](const auto& other) { return other.first == name; });
    if (!replaced) variables.push_back(variable);
  }
  for (const auto& [name, value] : added) variables.push_back(name + "=" + value);
  return variables;
}

void Programs::End(pid_t pid) {
  ::kill(-pid, SIGKILL);
  killed_.push_back(pid);
  if (timer_ == Loop::kNoTimer) timer_ = loop_.At(Clock::now() + kCollectEvery, [this] { Collect(); });
}

void Programs::Collect() {
  std::erase_if(killed_, [](pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) != 0; });
  timer_ = Loop::kNoTimer;
  if (!killed_.empty()) timer_ = loop_.At(Clock::now() + kCollectEvery, [this] { Collect(); });
}

}  // namespace kadende::providers::probe
