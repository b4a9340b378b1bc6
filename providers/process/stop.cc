#include "providers/process/stop.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "engine/base/fault.h"
#include "engine/base/text.h"
#include "providers/process/observe.h"
#include "providers/process/properties.h"
#include "providers/shim/protocol.h"

namespace kadende::providers::process {
namespace {

using Clock = std::chrono::steady_clock;

// A shim acts at once; this is for a machine that is short of everything.
constexpr base::Millis kShimGrace = std::chrono::seconds(10);
constexpr base::Millis kScanEvery{50};

struct StopOrder {
  int signal = SIGTERM;
  base::Millis timeout = std::chrono::seconds(10);
};

// The record's, not the spec's: both properties may have been changed in place. A record that cannot be read must not
// keep a node alive.
StopOrder OrderFor(const NodeFolder& folder) {
  const auto record = folder.ReadRecord();
  if (!record || !*record) return {};
  const auto properties = ParseProperties((*record)->properties);
  if (!properties) return {};
  return {properties->stop_signal, properties->stop_timeout};
}

// False: the shim does not read its pipe (not yet, or no more).
bool Send(const NodeFolder& folder, const StopOrder& order) {
  const shim::Descriptor pipe(
      ::openat(folder.fd(), shim::kControlFile, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
  struct stat info = {};
  if (!pipe || ::fstat(pipe.get(), &info) != 0 || !S_ISFIFO(info.st_mode)) return false;
  // Short enough to be written whole or not at all.
  return shim::WriteAll(pipe.get(), std::string(shim::kStopOrder) + " " + std::to_string(order.signal) + " " +
                                        std::to_string(order.timeout.count()) + "\n");
}

void KillShim(const NodeFolder& folder) {
  const NodeState state = folder.ReadState();
  if (!state.supervised || !state.status || state.status->pid_space != shim::PidSpace()) return;
  FoundProcess shim;
  shim.pid = state.status->shim_pid;
  shim.start = state.status->shim_start;
  SignalFound(shim, SIGKILL);
}

base::Status EndSupervision(NodeFolder* folder, Deadline* deadline) {
  if (folder->KeepShimsOut()) return {};
  const StopOrder order = OrderFor(*folder);
  const auto kill_shim_at = Clock::now() + order.timeout + kShimGrace;
  bool sent = false;
  bool killed = false;
  while (!folder->KeepShimsOut()) {
    if (!sent && (sent = Send(*folder, order))) base::FaultPoint("providers.process.destroy.asked");
    if (!killed && Clock::now() >= kill_shim_at) {
      KillShim(*folder);
      killed = true;
    }
    const base::Status time = deadline->Check("waiting for the end of " + folder->path(), base::Effect::kPossible);
    if (!time) return time;
    deadline->Pause();
  }
  return {};
}

// Processes of a node without a shim: a group whose leader is gone, or has no supervisor. Over once two scans in a row
// find none: a process that forks and ends can slip through one.
base::Status KillLeftOvers(const std::string& registry, const std::string& folder, Deadline* deadline,
                           const shim::Status* status = nullptr) {
  int clean_scans = 0;
  for (;;) {
    auto left = ProcessesOf(ScanProcesses(registry), folder);
    // The main process also where its environment cannot be read.
    if (status != nullptr && MainLives(*status).value_or(false)) {
      left.push_back({status->pid, status->start, false, {}});
    }
    clean_scans = left.empty() ? clean_scans + 1 : 0;
    if (clean_scans == 2) return {};
    if (left.empty()) continue;
    for (const FoundProcess& process : left) SignalFound(process, SIGKILL);
    const base::Status time =
        deadline->Check(base::Count(left.size(), "process", "processes") + " of " + folder + " cannot be killed",
                        base::Effect::kPossible);
    if (!time) return time;
    deadline->Pause();
  }
}

// What nobody watches over may still have processes, of this boot.
bool MayHaveLeft(const NodeState& state) {
  return state.status && !state.Ended() && state.status->boot == shim::BootId();
}

std::string RegistryOf(const std::string& folder) {
  return folder.substr(0, folder.rfind('/', folder.rfind('/') - 1));
}

}  // namespace

base::Status StopNode(NodeFolder* folder, Deadline* deadline) {
  if (base::Status ended = EndSupervision(folder, deadline); !ended) return ended;
  base::FaultPoint("providers.process.destroy.ended");
  const NodeState state = folder->ReadState();
  if (!MayHaveLeft(state)) return {};
  return KillLeftOvers(RegistryOf(folder->path()), folder->path(), deadline, &*state.status);
}

base::Status EndRemains(const Registry& registry, const InstanceId& id, Deadline* deadline) {
  const auto is_over = [](const NodeFolder& folder) {
    const NodeState state = folder.ReadState();
    return !state.supervised && MayHaveLeft(state) && !MainLives(*state.status).value_or(true);
  };
  const auto seen = NodeFolder::Open(registry, id);
  if (!seen || !is_over(*seen)) return {};
  auto folder = NodeFolder::Lock(registry, id, false, deadline);
  if (!folder) return tl::unexpected(folder.error());
  if (!*folder || !is_over(**folder)) return {};
  return KillLeftOvers(registry.root(), registry.NodeFolder(id), deadline);
}

base::Status StopLostNode(const Registry& registry, const InstanceId& id, Deadline* deadline) {
  const std::string folder = registry.NodeFolder(id);
  bool asked = false;
  for (;;) {
    bool has_shim = false;
    bool any = false;
    for (const FoundProcess& process : ScanProcesses(registry.root())) {
      const auto place = process.variables.find(shim::kFolderVariable);
      if (place == process.variables.end() || place->second != folder) continue;
      any = true;
      if (!process.is_shim) continue;
      has_shim = true;
      if (asked) continue;
      SignalFound(process, SIGTERM);
      SignalFound(process, SIGCONT);  // a stopped shim cannot stop its node
    }
    if (!any) return {};
    if (!has_shim) return KillLeftOvers(registry.root(), folder, deadline);
    asked = true;
    const base::Status time = deadline->Check("waiting for the end of " + folder, base::Effect::kPossible);
    if (!time) return time;
    std::this_thread::sleep_for(kScanEvery);
  }
}

}  // namespace kadende::providers::process
