// The shim itself: one node from its start until nothing of it is left.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <string>

#include "providers/shim/files.h"
#include "providers/shim/node_process.h"
#include "providers/shim/output_log.h"
#include "providers/shim/spec.h"
#include "providers/shim/status.h"

namespace kadende::providers::shim {

// What a shim holds before it starts anything. Single-threaded.
struct Post {
  Descriptor folder;
  Descriptor lock;     // held: no other shim works for this folder
  Descriptor claim;    // held: no other shim works for this token, even where the folder was deleted and made anew
  Descriptor control;  // orders
  Descriptor signals;  // signalfd
  Descriptor ready;    // closed once the start has succeeded or failed
  Spec spec;
  rlimit core_limit = {RLIM_INFINITY, RLIM_INFINITY};  // the node's; the shim writes no core file
};

class Supervisor {
 public:
  explicit Supervisor(Post post);
  // Until the node has ended and all its descendants are gone. Then the status says so, and the lock may go.
  void Run();

 private:
  using Millis = std::int64_t;  // of CLOCK_BOOTTIME

  bool Start();
  bool RecordStarting(pid_t pid);
  void WaitForWork();
  void ReadSignals();
  void ReadOrders();
  void Stop(int signal, Millis timeout);
  void Reap();
  void RecordExit(int wait_status);
  void EndLeftOvers();
  void RestartWhenDue();
  [[nodiscard]] bool WantsRestart() const;
  [[nodiscard]] Millis NextWake() const;
  void Finish(Phase phase);
  bool WriteStatus();

  Post post_;
  OutputLog log_;
  Descriptor output_read_;
  Descriptor output_write_;
  Descriptor main_;  // pidfd of the main process; none while it does not run
  Status status_;
  std::string orders_;  // a line that is not yet whole
  bool stopping_ = false;
  bool childless_ = true;  // nothing is left of the node
  bool killing_ = false;   // SIGKILL from now on
  Millis kill_at_ = 0;     // 0: no order to end
  Millis restart_at_ = 0;  // 0: not waiting
  Millis run_since_ = 0;
  Millis restart_delay_ = 0;
  bool finished_ = false;
  bool unwritten_ = false;  // the file says less than status_: the disk is full
};

}  // namespace kadende::providers::shim
