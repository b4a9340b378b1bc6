#include "cli/console.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "cli/view/json_events.h"
#include "engine/base/text.h"

namespace kadende::cli {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;
constexpr int kPromptPollMillis = 200;

bool ColorWanted(int fd, bool no_color) {
  if (no_color || isatty(fd) == 0) return false;
  const char* term = std::getenv("TERM");
  const char* off = std::getenv("NO_COLOR");  // no-color.org: set and not empty
  return (off == nullptr || *off == '\0') && (term == nullptr || std::strcmp(term, "dumb") != 0);
}

// 0, or the errno of the write that failed.
int WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) {  // a terminal that somebody made non-blocking
      pollfd ready{fd, POLLOUT, 0};
      poll(&ready, 1, 1000);
      continue;
    }
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace

Console::Console(const CommonOptions& common)
    : common_(common),
      terminal_err_(isatty(STDERR_FILENO) != 0),
      color_out_(ColorWanted(STDOUT_FILENO, common.no_color)),
      color_err_(ColorWanted(STDERR_FILENO, common.no_color)) {}

std::size_t Console::width() const {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

std::optional<TerminalSize> Console::OutSize() const {
  if (isatty(STDOUT_FILENO) == 0) return std::nullopt;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return TerminalSize{};
  return TerminalSize{size.ws_col, size.ws_row};
}

bool Console::CanRedraw() const {
  const char* term = std::getenv("TERM");
  return isatty(STDOUT_FILENO) != 0 && term != nullptr && *term != '\0' && std::strcmp(term, "dumb") != 0;
}

void Console::Out(std::string_view text) {
  buffer_.append(text);
  if (buffer_.size() >= kBufferBytes) Flush();
}

void Console::Err(std::string_view text) {
  (void)WriteAll(STDERR_FILENO, text);  // nowhere left to report to
}

void Console::Note(std::string_view text) {
  if (!common_.quiet) Err(text);
}

void Console::Flush() {
  const std::string pending = std::move(buffer_);
  buffer_.clear();
  if (pending.empty() || reader_gone_ || write_error_ != 0) return;
  const int error = WriteAll(STDOUT_FILENO, pending);
  if (error == EPIPE) {
    reader_gone_ = true;
  } else {
    write_error_ = error;
  }
}

Sink Console::OutSink() {
  return [this](std::string_view text) {
    Out(text);
    Flush();
  };
}

Sink Console::ErrSink() {
  return [this](std::string_view text) { Err(text); };
}

void Console::Show(const base::Diagnostics& diagnostics) {
  if (!diagnostics.empty()) Err(base::Render(diagnostics));
}

int Console::Fail(const base::Error& error) {
  if (common_.json) JsonEvents(OutSink()).Error(error);
  Explain(error.message);
  return error.code == base::ErrorCode::kCancelled ? 130 : 1;
}

int Console::Fail(std::string_view message) {
  return Fail(base::Error{base::ErrorCode::kInvalid, std::string(message), base::Effect::kNone, std::nullopt});
}

void Console::Explain(std::string_view message) {
  Flush();
  std::string text = color_err_ ? "\x1b[31merror:\x1b[0m " : "error: ";
  // Line by line: messages may list things, and may quote providers and files.
  if (message.starts_with("error: ")) message.remove_prefix(7);  // rendered diagnostics say so themselves
  for (const std::string& line : base::Split(message, '\n')) text += base::EscapeTerminal(line) + '\n';
  Err(text);
}

bool Console::CanAsk() const {
  return isatty(STDIN_FILENO) != 0 && (terminal_err_ || isatty(STDOUT_FILENO) != 0);
}

Answer Console::Ask(std::string_view question, const std::stop_token& stop) {
  Flush();
  // The terminal may be stdout alone, with stderr in a file.
  const int fd = terminal_err_ ? STDERR_FILENO : STDOUT_FILENO;
  (void)WriteAll(fd, question);
  std::string line;
  while (line.find('\n') == std::string::npos) {
    if (stop.stop_requested()) return Answer::kInterrupted;
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (poll(&input, 1, kPromptPollMillis) <= 0) continue;
    char bytes[256];
    const ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;  // end of input is no consent
    line.append(bytes, static_cast<std::size_t>(count));
  }
  if (stop.stop_requested()) return Answer::kInterrupted;
  const auto first = line.find_first_not_of(" \t");
  const auto last = line.find_last_not_of(" \t\r\n");
  if (first == std::string::npos || last == std::string::npos) return Answer::kNo;
  return line.substr(first, last - first + 1) == "yes" ? Answer::kYes : Answer::kNo;
}

int Console::Finish(int exit_code) {
  Flush();
  if (write_error_ == 0) return exit_code;
  Err("error: cannot write to standard output: " + std::string(std::strerror(write_error_)) + "\n");
  return exit_code == 0 ? 1 : exit_code;
}

}  // namespace kadende::cli
