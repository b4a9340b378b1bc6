#include "providers/shim/plugin_keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <string>
#include <utility>

#include "providers/shim/beginning.h"
#include "providers/shim/children.h"
#include "providers/shim/node_process.h"
#include "providers/shim/protocol.h"
#include "providers/shim/spec.h"

namespace kadende::providers::shim {
namespace {

// A plugin whose host is gone sees the end of its input; it may finish what it is in the middle of.
constexpr std::int64_t kOwnAccord = 500;
// From SIGTERM to SIGKILL.
constexpr std::int64_t kGrace = 1500;
constexpr std::int64_t kKillEvery = 20;

std::int64_t Now() {
  timespec now = {};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
}

class Keeper {
 public:
  Keeper(Descriptor signals, Started main, Descriptor report)
      : life_(kLifeDescriptor), report_(std::move(report)), signals_(std::move(signals)), main_(std::move(main)) {}

  void Run() {
    while (!childless_) {
      Wait();
      Reap();
      if (childless_) break;
      if (term_at_ != 0 && Now() >= term_at_) Terminate();
      if (kill_at_ != 0 && Now() >= kill_at_) SignalDirectChildren(SIGKILL);  // orphans of the killed come up to us
    }
  }

 private:
  void Wait() {
    std::array<pollfd, 2> wanted = {pollfd{signals_.get(), POLLIN, 0}, pollfd{life_.get(), POLLIN, 0}};
    const std::int64_t wake = kill_at_ != 0 ? std::max(kill_at_, Now() + kKillEvery) : term_at_;
    const std::int64_t wait = wake == 0 ? -1 : std::max<std::int64_t>(wake - Now(), 0);
    if (::poll(wanted.data(), wanted.size(), static_cast<int>(wait)) <= 0) return;
    if (wanted[1].revents != 0) {
      life_.Reset();  // a negative descriptor is not polled again
      if (term_at_ == 0 && kill_at_ == 0) term_at_ = Now() + kOwnAccord;
    }
    signalfd_siginfo info = {};
    while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      if (info.ssi_signo != SIGCHLD && kill_at_ == 0) Terminate();
    }
  }

  void Terminate() {
    term_at_ = 0;
    kill_at_ = Now() + kGrace;
    SignalDirectChildren(SIGTERM);
    SignalDirectChildren(SIGCONT);  // a stopped process cannot end itself
  }

  void Reap() {
    for (Reaped reaped = ReapOne();; reaped = ReapOne()) {
      if (reaped.none_left) childless_ = true;
      if (reaped.pid <= 0) return;
      if (reaped.pid == main_.pid) ReportEnd(reaped.wait_status);
    }
  }

  // The plugin is over, whatever it left: that must not keep its pipes open.
  void ReportEnd(int status) {
    const std::string line = WIFEXITED(status) ? "exited " + std::to_string(WEXITSTATUS(status))
                                               : "signalled " + std::to_string(WTERMSIG(status));
    static_cast<void>(WriteAll(report_.get(), line + "\n"));
    if (kill_at_ == 0) Terminate();
  }

  Descriptor life_;
  Descriptor report_;
  const Descriptor signals_;
  const Started main_;
  bool childless_ = false;
  std::int64_t term_at_ = 0;  // 0: nobody asked it to end
  std::int64_t kill_at_ = 0;  // 0: not terminated yet
};

// The plugin's pipes are the plugin's alone: whoever else held them would hide that it closed them.
void LetGoOfPipes() {
  const Descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  for (const int fd : {0, 1, 2}) ::dup2(null.get(), fd);
}

}  // namespace

int KeepPlugin() {
  // Before anything else can have this number.
  const int program = ::fcntl(kProgramDescriptor, F_SETFD, FD_CLOEXEC) == 0 ? kProgramDescriptor : -1;
  for (const int fd : {kLifeDescriptor, kSpecDescriptor, kReportDescriptor}) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  Descriptor report(kReportDescriptor);
  ::umask(077);
  if (::chdir("/") != 0) return 1;  // holds no mounted file system
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const rlimit core_limit = StayOutOfCores();
  const auto spec = DecodeSpec(ReadSpec());
  Descriptor signals = CatchSignals();
  if (!spec || !signals) return 1;
  Started started = StartNodeProcess(*spec, {0, 1, 2, core_limit, program}, [](pid_t) { return true; });
  LetGoOfPipes();
  if (program >= 0) ::close(program);
  if (started.error != 0) {
    if (started.pid > 0) ::waitpid(started.pid, nullptr, 0);
    const std::string line = "failed " + started.failed_step + " " + std::to_string(started.error) + "\n";
    return WriteAll(report.get(), line) ? 0 : 1;
  }
  Keeper(std::move(signals), std::move(started), std::move(report)).Run();
  return 0;
}

}  // namespace kadende::providers::shim
