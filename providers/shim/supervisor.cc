#include "providers/shim/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>

#include "providers/shim/children.h"
#include "providers/shim/protocol.h"

namespace kadende::providers::shim {
namespace {

// What a node leaves behind when its main process ends by itself gets SIGTERM, and SIGKILL after this.
constexpr std::int64_t kLeftOverGrace = 2000;
// While SIGKILL is sent again and again to what is still appearing.
constexpr std::int64_t kKillEvery = 20;
// A status that could not be written is tried again.
constexpr std::int64_t kWriteEvery = 1000;
constexpr std::int64_t kRestartBase = 1000;
constexpr std::int64_t kRestartMax = 30000;
constexpr std::int64_t kRestartReset = 60000;  // a run this long was a success: the delay starts anew

std::int64_t ClockMillis(clockid_t clock) {
  timespec now = {};
  ::clock_gettime(clock, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
}

std::int64_t Now() {
  return ClockMillis(CLOCK_BOOTTIME);
}

}  // namespace

Supervisor::Supervisor(Post post) : post_(std::move(post)), log_(post_.folder.get(), post_.spec.output_bytes) {
  status_.boot = BootId();
  status_.pid_space = PidSpace();
  status_.shim_pid = ::getpid();
  if (const auto stat = ReadProcessStat(status_.shim_pid)) status_.shim_start = stat->start;
}

void Supervisor::Run() {
  std::array<int, 2> ends = {-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    status_.error = errno;
    status_.failed_step = "setup";
    return Finish(Phase::kFailed);
  }
  output_read_.Reset(ends[0]);
  output_write_.Reset(ends[1]);
  ::fcntl(output_read_.get(), F_SETFL, O_NONBLOCK);
  if (!Start()) return Finish(Phase::kFailed);
  post_.ready.Reset();
  while (!finished_) {
    WaitForWork();
    ReadOrders();
    ReadSignals();
    Reap();
    EndLeftOvers();
    RestartWhenDue();
    if (unwritten_ && !finished_) WriteStatus();
  }
}

bool Supervisor::Start() {
  Started started = StartNodeProcess(post_.spec, {-1, output_write_.get(), output_write_.get(), post_.core_limit},
                                     [this](pid_t pid) { return RecordStarting(pid); });
  if (started.error != 0) {
    if (started.pid > 0) ::waitpid(started.pid, nullptr, 0);
    status_.error = started.error;
    status_.failed_step = started.failed_step;
    return false;
  }
  main_ = std::move(started.pidfd);
  childless_ = false;
  killing_ = false;
  run_since_ = Now();
  status_.phase = Phase::kRunning;
  WriteStatus();
  return true;
}

// A node that is on no record is not started. A restart is: the record of the first start names its shim.
bool Supervisor::RecordStarting(pid_t pid) {
  status_.phase = Phase::kStarting;
  status_.pid = pid;
  const auto stat = ReadProcessStat(pid);
  status_.start = stat ? stat->start : 0;
  status_.started_at = ClockMillis(CLOCK_REALTIME);
  return WriteStatus() || status_.restarts > 0;
}

void Supervisor::WaitForWork() {
  // The pidfd wakes us for the main process, SIGCHLD for whatever else became ours.
  std::array<pollfd, 4> wanted = {pollfd{post_.signals.get(), POLLIN, 0}, pollfd{post_.control.get(), POLLIN, 0},
                                  pollfd{output_read_.get(), POLLIN, 0}, pollfd{main_.get(), POLLIN, 0}};
  const Millis wake = NextWake();
  Millis wait = wake == 0 ? -1 : std::clamp<Millis>(wake - Now(), 0, 60000);
  if (unwritten_) wait = wait < 0 ? kWriteEvery : std::min(wait, kWriteEvery);
  if (::poll(wanted.data(), wanted.size(), static_cast<int>(wait)) <= 0) return;
  if ((wanted[2].revents & (POLLIN | POLLHUP)) != 0) log_.Drain(output_read_.get());
}

Supervisor::Millis Supervisor::NextWake() const {
  if (restart_at_ != 0) return restart_at_;
  if (kill_at_ == 0) return 0;
  return killing_ ? Now() + kKillEvery : kill_at_;
}

void Supervisor::ReadSignals() {
  signalfd_siginfo info = {};
  while (::read(post_.signals.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo != SIGCHLD) Stop(post_.spec.stop_signal, post_.spec.stop_timeout);
  }
}

void Supervisor::ReadOrders() {
  std::array<char, 512> buffer;
  ssize_t count = 0;
  while ((count = ::read(post_.control.get(), buffer.data(), buffer.size())) > 0) {
    orders_.append(buffer.data(), static_cast<std::size_t>(count));
  }
  for (std::size_t end = orders_.find('\n'); end != std::string::npos; end = orders_.find('\n')) {
    int signal = 0;
    long long timeout = 0;
    const std::string line = orders_.substr(0, end);
    orders_.erase(0, end + 1);
    if (std::sscanf(line.c_str(), "stop %d %lld", &signal, &timeout) == 2) Stop(signal, std::max(timeout, 0LL));
  }
  if (orders_.size() > 4096) orders_.clear();  // not from us
}

// A second order can only shorten the first: a destroy that is repeated must not start the wait anew.
void Supervisor::Stop(int signal, Millis timeout) {
  const Millis deadline = std::max<Millis>(Now() + timeout, 1);
  if (stopping_) {
    kill_at_ = std::min(kill_at_, deadline);
    return;
  }
  stopping_ = true;
  restart_at_ = 0;
  kill_at_ = kill_at_ == 0 ? deadline : std::min(kill_at_, deadline);
  if (childless_) return Finish(Phase::kEnded);  // was waiting for its restart
  status_.phase = Phase::kStopping;
  WriteStatus();
  if (!main_) return;  // only left-overs: EndLeftOvers is at it
  ::syscall(SYS_pidfd_send_signal, main_.get(), signal, nullptr, 0U);
  ::syscall(SYS_pidfd_send_signal, main_.get(), SIGCONT, nullptr, 0U);  // a stopped process cannot stop itself
}

void Supervisor::Reap() {
  bool ended = false;
  for (Reaped reaped = ReapOne();; reaped = ReapOne()) {
    if (reaped.none_left) childless_ = true;
    if (reaped.pid == 0) break;
    if (main_ && reaped.pid == status_.pid) {
      RecordExit(reaped.wait_status);
      ended = true;
    }
  }
  if (ended && !childless_) {
    kill_at_ = kill_at_ == 0 ? Now() + kLeftOverGrace : std::min(kill_at_, Now() + kLeftOverGrace);
    SignalDirectChildren(SIGTERM);
  }
}

void Supervisor::RecordExit(int wait_status) {
  main_.Reset();
  status_.ended_at = ClockMillis(CLOCK_REALTIME);
  status_.exit_status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;
  status_.exit_signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;
}

void Supervisor::EndLeftOvers() {
  if (finished_) return;
  if (!childless_) {
    if (kill_at_ != 0 && Now() >= kill_at_) {
      killing_ = true;
      SignalDirectChildren(SIGKILL);  // again with each wake: orphans of the killed come up to us
    }
    return;
  }
  if (main_ || restart_at_ != 0) return;
  log_.Drain(output_read_.get());
  if (!WantsRestart()) return Finish(Phase::kEnded);
  kill_at_ = 0;
  const bool lasted = Now() - run_since_ >= kRestartReset;
  restart_delay_ = lasted || restart_delay_ == 0 ? kRestartBase : std::min(restart_delay_ * 2, kRestartMax);
  restart_at_ = Now() + restart_delay_;
  status_.phase = Phase::kWaiting;
  WriteStatus();
}

bool Supervisor::WantsRestart() const {
  if (stopping_) return false;
  switch (post_.spec.restart) {
    case Restart::kNever:
      return false;
    case Restart::kAlways:
      return true;
    case Restart::kOnFailure:
      return status_.exit_status != 0;
  }
  return false;
}

void Supervisor::RestartWhenDue() {
  if (finished_ || restart_at_ == 0 || Now() < restart_at_) return;
  restart_at_ = 0;
  ++status_.restarts;
  status_.ended_at = 0;
  if (Start()) return;
  status_.ended_at = ClockMillis(CLOCK_REALTIME);
  Finish(Phase::kEnded);
}

void Supervisor::Finish(Phase phase) {
  output_write_.Reset();
  if (output_read_) log_.Drain(output_read_.get());
  if (status_.ended_at == 0) status_.ended_at = ClockMillis(CLOCK_REALTIME);
  status_.phase = phase;
  if (!WriteStatus() && post_.ready) {
    static_cast<void>(WriteAll(post_.ready.get(), EncodeStatus(status_)));
  }
  finished_ = true;
}

// Where the folder was deleted there is nobody to tell; the node goes on.
bool Supervisor::WriteStatus() {
  const bool written = ReplaceFile(post_.folder.get(), kStatusFile, EncodeStatus(status_));
  unwritten_ = !written && errno != ENOENT;
  return written;
}

}  // namespace kadende::providers::shim
