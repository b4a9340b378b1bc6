#include <array>
#include <csignal>
#include <utility>

#include "engine/base/text.h"
#include "providers/process/properties.h"

namespace kadende::providers::process {
namespace {

constexpr std::array<std::pair<std::string_view, int>, 22> kSignals = {{
    {"HUP", SIGHUP},   {"INT", SIGINT},   {"QUIT", SIGQUIT}, {"ILL", SIGILL},   {"TRAP", SIGTRAP},   {"ABRT", SIGABRT},
    {"BUS", SIGBUS},   {"FPE", SIGFPE},   {"KILL", SIGKILL}, {"USR1", SIGUSR1}, {"SEGV", SIGSEGV},   {"USR2", SIGUSR2},
    {"PIPE", SIGPIPE}, {"ALRM", SIGALRM}, {"TERM", SIGTERM}, {"CONT", SIGCONT}, {"WINCH", SIGWINCH}, {"PWR", SIGPWR},
    {"SYS", SIGSYS},   {"XCPU", SIGXCPU}, {"XFSZ", SIGXFSZ}, {"IO", SIGIO},
}};

}  // namespace

std::optional<int> ParseSignal(std::string_view text) {
  if (const auto number = base::ParseInt(text)) {
    return *number >= 1 && *number <= 64 ? std::optional<int>(static_cast<int>(*number)) : std::nullopt;
  }
  if (text.starts_with("SIG")) text.remove_prefix(3);
  for (const auto& [name, number] : kSignals) {
    if (name == text) return number;
  }
  return std::nullopt;
}

std::string SignalName(int signal) {
  for (const auto& [name, number] : kSignals) {
    if (number == signal) return "SIG" + std::string(name);
  }
  return "signal " + std::to_string(signal);
}

}  // namespace kadende::providers::process
