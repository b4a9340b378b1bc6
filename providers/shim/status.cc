#include "providers/shim/status.h"

#include <array>
#include <charconv>

namespace kadende::providers::shim {
namespace {

constexpr std::array<std::string_view, 6> kPhases = {"starting", "running", "waiting", "stopping", "ended", "failed"};

template <class Number>
bool ParseNumber(std::string_view text, Number* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

bool SetPhase(std::string_view value, Phase* phase) {
  for (std::size_t i = 0; i < kPhases.size(); ++i) {
    if (kPhases[i] != value) continue;
    *phase = static_cast<Phase>(i);
    return true;
  }
  return false;
}

bool SetField(std::string_view key, std::string_view value, Status* status) {
  if (key == "phase") return SetPhase(value, &status->phase);
  if (key == "boot") return status->boot = value, true;
  if (key == "pid_space") return status->pid_space = value, true;
  if (key == "shim_pid") return ParseNumber(value, &status->shim_pid);
  if (key == "shim_start") return ParseNumber(value, &status->shim_start);
  if (key == "pid") return ParseNumber(value, &status->pid);
  if (key == "start") return ParseNumber(value, &status->start);
  if (key == "started_at") return ParseNumber(value, &status->started_at);
  if (key == "ended_at") return ParseNumber(value, &status->ended_at);
  if (key == "exit_status") return ParseNumber(value, &status->exit_status);
  if (key == "exit_signal") return ParseNumber(value, &status->exit_signal);
  if (key == "restarts") return ParseNumber(value, &status->restarts);
  if (key == "error") return ParseNumber(value, &status->error);
  if (key == "failed_step") return status->failed_step = value, true;
  return true;
}

void Put(std::string* out, std::string_view key, std::string_view value) {
  out->append(key).append("=").append(value).append("\n");
}

}  // namespace

std::string EncodeStatus(const Status& status) {
  std::string out = "format=1\n";
  Put(&out, "phase", kPhases[static_cast<std::size_t>(status.phase)]);
  Put(&out, "boot", status.boot);
  Put(&out, "pid_space", status.pid_space);
  Put(&out, "shim_pid", std::to_string(status.shim_pid));
  Put(&out, "shim_start", std::to_string(status.shim_start));
  Put(&out, "pid", std::to_string(status.pid));
  Put(&out, "start", std::to_string(status.start));
  Put(&out, "started_at", std::to_string(status.started_at));
  Put(&out, "ended_at", std::to_string(status.ended_at));
  Put(&out, "exit_status", std::to_string(status.exit_status));
  Put(&out, "exit_signal", std::to_string(status.exit_signal));
  Put(&out, "restarts", std::to_string(status.restarts));
  Put(&out, "error", std::to_string(status.error));
  Put(&out, "failed_step", status.failed_step);
  return out;
}

std::optional<Status> DecodeStatus(std::string_view text) {
  if (!text.starts_with("format=1\n")) return std::nullopt;
  Status status;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    if (!SetField(line.substr(0, equals), line.substr(equals + 1), &status)) return std::nullopt;
  }
  return status;
}

}  // namespace kadende::providers::shim
