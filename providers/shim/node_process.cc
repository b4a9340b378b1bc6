#include "providers/shim/node_process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <vector>

namespace kadende::providers::shim {
namespace {

enum class Step : std::int32_t { kSetup, kChdir, kExec };

struct Failure {
  Step step = Step::kSetup;
  std::int32_t error = 0;
};

struct Pipe {
  Descriptor read;
  Descriptor write;
  bool Open() {
    std::array<int, 2> ends = {-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    read.Reset(ends[0]);
    write.Reset(ends[1]);
    return true;
  }
};

std::vector<char*> Pointers(const std::string* first, const std::vector<std::string>& rest) {
  std::vector<char*> pointers;
  pointers.reserve(rest.size() + 2);
  if (first != nullptr) pointers.push_back(const_cast<char*>(first->c_str()));
  for (const std::string& text : rest) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

void ResetSignals() {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Everything from 3 on closes at exec, whatever opened it.
bool CloseRestAtExec() {
  return ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0 || errno == ENOSYS;
}

[[noreturn]] void Report(int pipe, Step step) {
  const Failure failure{step, errno};
  const ssize_t ignored = ::write(pipe, &failure, sizeof failure);
  static_cast<void>(ignored);
  ::_exit(127);
}

struct ChildSide {
  pid_t parent;
  int go;
  int failure;
  const Surroundings& surroundings;
};

[[noreturn]] void RunChild(const Spec& spec, const ChildSide& side, char* const* argv, char* const* envp) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) Report(side.failure, Step::kSetup);
  if (::getppid() != side.parent) ::_exit(127);  // died before the line above
  ::setsid();
  char go = 0;
  if (::read(side.go, &go, 1) != 1) ::_exit(127);  // not put on record: not run
  ResetSignals();
  ::umask(022);
  const Surroundings& given = side.surroundings;
  const int input = given.input >= 0 ? given.input : ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (input < 0 || ::dup2(input, 0) < 0 || ::dup2(given.output, 1) < 0 || ::dup2(given.errors, 2) < 0 ||
      ::setrlimit(RLIMIT_CORE, &given.core_limit) != 0 || !CloseRestAtExec() ||
      (given.kept >= 0 && ::fcntl(given.kept, F_SETFD, 0) != 0)) {
    Report(side.failure, Step::kSetup);
  }
  if (::chdir(spec.directory.c_str()) != 0) Report(side.failure, Step::kChdir);
  ::execve(spec.program.c_str(), argv, envp);
  Report(side.failure, Step::kExec);
}

const char* StepName(Step step) {
  switch (step) {
    case Step::kSetup:
      return "setup";
    case Step::kChdir:
      return "chdir";
    case Step::kExec:
      return "exec";
  }
  return "setup";
}

Started Failed(int error, const char* step) {
  Started started;
  started.error = error;
  started.failed_step = step;
  return started;
}

}  // namespace

Started StartNodeProcess(const Spec& spec, const Surroundings& surroundings, const std::function<bool(pid_t)>& record) {
  const std::vector<char*> argv = Pointers(&spec.name, spec.args);
  const std::vector<char*> envp = Pointers(nullptr, spec.env);
  Pipe go;
  Pipe failure;
  if (!go.Open() || !failure.Open()) return Failed(errno, "setup");
  const pid_t self = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return Failed(errno, "fork");
  if (pid == 0) RunChild(spec, {self, go.read.get(), failure.write.get(), surroundings}, argv.data(), envp.data());
  failure.write.Reset();
  if (!record(pid)) {
    Started unrecorded = Failed(errno, "record");
    unrecorded.pid = pid;
    ::kill(pid, SIGKILL);  // it waits for `go`, of which it holds the other end too
    return unrecorded;
  }
  const bool released = WriteAll(go.write.get(), "g");
  Failure failed;
  ssize_t count = -1;
  do {
    count = ::read(failure.read.get(), &failed, sizeof failed);
  } while (count < 0 && errno == EINTR);
  Started started;
  started.pid = pid;
  if (released && count == 0) {
    started.pidfd.Reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
    if (started.pidfd) return started;
    started.error = errno;
    started.failed_step = "pidfd_open";
    ::kill(pid, SIGKILL);
    return started;
  }
  started.error = count == static_cast<ssize_t>(sizeof failed) ? failed.error : EPIPE;
  started.failed_step = StepName(failed.step);
  return started;
}

}  // namespace kadende::providers::shim
