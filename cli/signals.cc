#include "cli/signals.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>

namespace kadende::cli {
namespace {

constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP};
constexpr int kLeaveWithinMillis = 3000;  // after the second signal
constexpr char kInterrupt = 'i';
constexpr char kHangup = 'h';
constexpr char kStop = 's';  // from the destructor

std::atomic<int> g_pipe{-1};

void OnSignal(int number) {
  const int saved = errno;
  const char byte = number == SIGHUP ? kHangup : kInterrupt;
  if (write(g_pipe.load(), &byte, 1) < 0) {
    // The pipe is full of earlier signals: they say the same.
  }
  errno = saved;
}

void OnPipe(int /*number*/) {}

int Terminal() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (isatty(fd) != 0) return fd;
  }
  return -1;
}

void Install(int number, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, nullptr);
}

}  // namespace

void PrepareProcess() {
  // A closed stdout becomes a file that cannot be written, so that results that go nowhere are still an error.
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    const int opened = open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
    if (opened >= 0 && opened != fd) {
      dup2(opened, fd);
      close(opened);
    }
  }
  Install(SIGPIPE, OnPipe);  // a handler, not SIG_IGN: children start with the default
}

Signals::Signals(Words words, std::function<void(const std::string&)> say, std::function<void()> on_hangup)
    : words_(std::move(words)), say_(std::move(say)), on_hangup_(std::move(on_hangup)), terminal_(Terminal()) {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) return;  // no descriptors left: signals keep their default, the process just ends
  pipe_read_ = ends[0];
  pipe_write_ = ends[1];
  fcntl(pipe_write_, F_SETFL, O_NONBLOCK);
  g_pipe = pipe_write_;
  thread_ = std::thread([this] { Watch(); });
  for (const int number : kSignals) Install(number, OnSignal);
}

Signals::~Signals() {
  if (pipe_write_ < 0) return;
  for (const int number : kSignals) Install(number, SIG_DFL);
  g_pipe = -1;
  if (write(pipe_write_, &kStop, 1) == 1) {
    thread_.join();
  } else {
    thread_.detach();  // the pipe is full, so the thread is about to end the process
  }
  close(pipe_read_);
  close(pipe_write_);
}

// A terminal that hung up answers no more, and does so before the signal is sent.
bool Signals::TerminalGone() const {
  return terminal_ >= 0 && isatty(terminal_) == 0;
}

void Signals::Watch() {
  int received = 0;
  for (;;) {
    pollfd input{pipe_read_, POLLIN, 0};
    const int ready = poll(&input, 1, received >= 2 ? kLeaveWithinMillis : -1);
    if (ready == 0) _exit(130);
    char byte = 0;
    if (read(pipe_read_, &byte, 1) != 1) continue;
    if (byte == kStop) return;
    if (byte == kHangup && on_hangup_ && !TerminalGone()) {
      on_hangup_();
      continue;
    }
    ++received;
    if (received > 2) _exit(130);
    const std::string& line = received == 1 ? words_.first : words_.second;
    if (say_ && !line.empty()) say_(line);
    (received == 1 ? drain_ : abort_).request_stop();
  }
}

}  // namespace kadende::cli
