// What a shim has written about its node: the `status` file of a node's folder, "key=value" lines.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kadende::providers::shim {

enum class Phase : std::uint8_t {
  kStarting,  // the process is made; its program is not yet executed
  kRunning,
  kWaiting,   // ended, and to be restarted
  kStopping,  // asked to stop
  kEnded,     // over, and nothing of it is left
  kFailed,    // never ran: `error` says why
};

struct Status {
  Phase phase = Phase::kStarting;
  std::string boot;       // /proc/sys/kernel/random/boot_id
  std::string pid_space;  // readlink /proc/self/ns/pid
  pid_t shim_pid = 0;     // pids count in pid_space
  std::uint64_t shim_start = 0;
  pid_t pid = 0;                // the node's main process, the last one
  std::uint64_t start = 0;      // field 22 of /proc/PID/stat: with the pid it names one process
  std::int64_t started_at = 0;  // milliseconds since 1970
  std::int64_t ended_at = 0;    // 0: has not ended
  int exit_status = -1;         // -1: did not exit by itself
  int exit_signal = 0;          // 0: not ended by a signal
  std::uint32_t restarts = 0;
  int error = 0;            // errno of kFailed
  std::string failed_step;  // "chdir", "exec"
};

[[nodiscard]] std::string EncodeStatus(const Status& status);
// Unknown keys are skipped, so that an older kadende reads a newer shim.
[[nodiscard]] std::optional<Status> DecodeStatus(std::string_view text);

}  // namespace kadende::providers::shim
