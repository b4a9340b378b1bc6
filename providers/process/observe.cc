#include "providers/process/observe.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <system_error>

#include "engine/base/json.h"
#include "engine/base/text.h"
#include "providers/process/properties.h"
#include "providers/shim/protocol.h"

namespace kadende::providers::process {
namespace {

using model::Instance;
using model::InstanceStatus;
using shim::Phase;

constexpr std::size_t kLongestLine = 200;

// The last line that a node printed: mostly why it ended. Foreign text, so escaped and short.
std::string LastLine(const NodeFolder& folder) {
  const shim::Descriptor fd(::openat(folder.fd(), shim::kOutputFile, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat info = {};
  if (!fd || ::fstat(fd.get(), &info) != 0) return {};
  std::array<char, 4096> buffer;
  const off_t from = std::max<off_t>(0, info.st_size - static_cast<off_t>(buffer.size()));
  const ssize_t count = ::pread(fd.get(), buffer.data(), buffer.size(), from);
  if (count <= 0) return {};
  std::string_view text(buffer.data(), static_cast<std::size_t>(count));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  const std::size_t newline = text.rfind('\n');
  if (newline != std::string_view::npos) text.remove_prefix(newline + 1);
  const bool cut = text.size() > kLongestLine;
  if (cut) text = text.substr(0, kLongestLine);
  while (cut && !text.empty() && !base::IsValidUtf8(text) && text.size() > kLongestLine - 4) text.remove_suffix(1);
  return base::EscapeTerminal(text) + (cut ? "..." : "");
}

std::string ExitText(const shim::Status& status) {
  if (status.exit_signal != 0) {
    return "killed by signal " + std::to_string(status.exit_signal) + " (" + SignalName(status.exit_signal) + ")";
  }
  if (status.exit_status >= 0) return "exited with status " + std::to_string(status.exit_status);
  return "ended";
}

std::string EndText(const shim::Status& status, const NodeFolder& folder) {
  if (status.phase == Phase::kFailed) return "could not be started: " + std::system_category().message(status.error);
  const std::string line = LastLine(folder);
  return ExitText(status) + (line.empty() ? "" : ": " + line);
}

std::string Attributes(const shim::Status& status) {
  base::Json json = base::Json::object();
  if (status.pid != 0) {
    json["pid"] = status.pid;
    json["startedAt"] = base::FormatRfc3339(base::FromUnixMillis(status.started_at));
  }
  if (status.restarts != 0) json["restarts"] = status.restarts;
  if (status.ended_at != 0) {
    json["endedAt"] = base::FormatRfc3339(base::FromUnixMillis(status.ended_at));
    if (status.exit_status >= 0) json["exitStatus"] = status.exit_status;
    if (status.exit_signal != 0) json["exitSignal"] = status.exit_signal;
  }
  return base::Canonical(json);
}

void Set(Instance* instance, InstanceStatus status, std::string reason) {
  instance->status = status;
  instance->status_reason = std::move(reason);
}

void DescribeSupervised(const shim::Status& status, const NodeFolder& folder, Instance* instance) {
  switch (status.phase) {
    case Phase::kStarting:
      return Set(instance, InstanceStatus::kPending, "is being started");
    case Phase::kRunning:
      if (MainLives(status).value_or(true)) return Set(instance, InstanceStatus::kRunning, "");
      return Set(instance, InstanceStatus::kTerminating, "its main process has ended");
    case Phase::kWaiting:
      return Set(instance, InstanceStatus::kPending,
                 EndText(status, folder) + "; restarted " + base::Count(status.restarts, "time") + " so far");
    case Phase::kStopping:
      return Set(instance, InstanceStatus::kTerminating, "was asked to stop");
    case Phase::kEnded:
    case Phase::kFailed:
      return Set(instance, InstanceStatus::kTerminated, EndText(status, folder));
  }
}

std::string Pids(const std::vector<FoundProcess>& processes) {
  std::vector<std::string> pids;
  for (const FoundProcess& process : processes) pids.push_back(std::to_string(process.pid));
  return base::Join(pids, ", ");
}

std::string Variable(const FoundProcess& process, const char* name) {
  const auto found = process.variables.find(name);
  return found == process.variables.end() ? std::string() : found->second;
}

std::uint32_t Number(const FoundProcess& process, const char* name) {
  return static_cast<std::uint32_t>(base::ParseInt(Variable(process, name)).value_or(0));
}

// What lives of a node that has no folder.
struct Living {
  const FoundProcess* shim = nullptr;
  const FoundProcess* process = nullptr;  // of the node itself, that with the lowest pid
};

void Add(const FoundProcess& found, Living* living) {
  const FoundProcess*& place = found.is_shim ? living->shim : living->process;
  if (place == nullptr) place = &found;
}

// Without its shim the main process is over too, as in DescribeUnsupervised.
void SetLostStatus(const Living& living, Instance* instance) {
  const std::string folder = "its folder in the registry is gone: no logs, no labels";
  if (living.shim == nullptr) {
    return Set(instance, InstanceStatus::kTerminated,
               "its supervisor was killed, and it with it, and its folder is gone; processes of it are left");
  }
  if (living.process == nullptr) {
    return Set(instance, InstanceStatus::kPending, "is between two starts, and " + folder);
  }
  Set(instance, InstanceStatus::kRunning, "runs, but " + folder);
}

// What can be told from the environment of its processes alone.
Instance LostInstance(const InstanceId& id, const Living& living) {
  const FoundProcess& process = living.process == nullptr ? *living.shim : *living.process;
  const char* token = process.is_shim ? shim::kSupervisesVariable : shim::kTokenVariable;
  Instance instance;
  instance.id = id.Text();
  instance.name = Variable(process, "KADENDE_INSTANCE");
  instance.owner.lineage = id.lineage;
  instance.owner.cluster = Variable(process, "KADENDE_CLUSTER");
  instance.owner.group = Variable(process, "KADENDE_GROUP");
  instance.owner.slot.ordinal = Number(process, "KADENDE_ORDINAL");
  instance.owner.slot.logical_id = Variable(process, "KADENDE_LOGICAL_ID");
  instance.owner.incarnation = Number(process, "KADENDE_INCARNATION");
  instance.owner.token = base::DigestFromBase32(Variable(process, token)).value_or(model::Token{});
  instance.owner.revision = base::DigestFromHex(Variable(process, "KADENDE_REVISION")).value_or(base::Digest{});
  instance.addresses = {"127.0.0.1"};
  if (!process.is_shim) instance.attributes = base::Canonical({{"pid", process.pid}});
  SetLostStatus(living, &instance);
  return instance;
}

std::optional<InstanceId> IdOfFolder(const std::string& folder, const std::string& root) {
  if (!folder.starts_with(root + "/")) return std::nullopt;
  std::string text = folder.substr(root.size() + 1);
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  text[slash] = '.';
  return ParseInstanceId(text);
}

}  // namespace

std::optional<bool> MainLives(const shim::Status& status) {
  if (status.pid_space != shim::PidSpace()) return std::nullopt;
  const auto stat = shim::ReadProcessStat(status.pid);
  return stat && stat->start == status.start && stat->state != 'Z' && stat->state != 'X';
}

std::vector<FoundProcess> ProcessesOf(const std::vector<FoundProcess>& found, const std::string& folder) {
  std::vector<FoundProcess> processes;
  for (const FoundProcess& process : found) {
    if (!process.is_shim && Variable(process, shim::kFolderVariable) == folder) processes.push_back(process);
  }
  return processes;
}

const std::vector<FoundProcess>& Observer::Scan() {
  if (!scan_) scan_ = ScanProcesses(registry_.root());
  return *scan_;
}

base::Result<std::optional<Instance>> Observer::Observe(const InstanceId& id) {
  const auto folder = NodeFolder::Open(registry_, id);
  if (!folder) return std::optional<Instance>();
  const auto record = folder->ReadRecord();
  if (!record) {
    // Removed under us is no damage.
    if (::access(folder->path().c_str(), F_OK) != 0) return std::optional<Instance>();
    return tl::unexpected(record.error());
  }
  if (!*record) return std::optional<Instance>();
  const NodeState state = folder->ReadState();
  // A create that was cut before it started anything: there is no instance until the create is repeated. Were it
  // listed, it would be taken for one that is on its way.
  if (!state.status && !state.supervised) return std::optional<Instance>();
  return std::optional<Instance>(Describe(id, **record, *folder, state));
}

Instance Observer::Describe(const InstanceId& id, const NodeRecord& record, const NodeFolder& folder,
                            const NodeState& state) {
  Instance instance;
  instance.id = id.Text();
  instance.name = record.name;
  instance.owner = record.owner;
  instance.labels = record.labels;
  instance.created_at = record.created_at;
  instance.addresses = {"127.0.0.1"};
  if (state.status) instance.attributes = Attributes(*state.status);
  if (!state.status) {
    Set(&instance, InstanceStatus::kPending, "is being started");
  } else if (state.supervised || state.Ended()) {
    DescribeSupervised(*state.status, folder, &instance);
  } else {
    DescribeUnsupervised(id, *state.status, &instance);
  }
  return instance;
}

// Its shim is gone without a last word. The main process goes with its shim, unless it took care not to; without the
// main process the node is over, as it would be under a living shim, whatever of it is left.
void Observer::DescribeUnsupervised(const InstanceId& id, const shim::Status& status, Instance* instance) {
  if (status.boot != shim::BootId()) {
    return Set(instance, InstanceStatus::kTerminated, "the machine was restarted");
  }
  const std::optional<bool> main_lives = MainLives(status);
  if (main_lives.value_or(false)) {
    return Set(
        instance, InstanceStatus::kUnhealthy,
        "its supervisor was killed; its main process, pid " + std::to_string(status.pid) + ", runs on without one");
  }
  const auto left = ProcessesOf(Scan(), registry_.NodeFolder(id));
  if (left.empty()) return Set(instance, InstanceStatus::kTerminated, "its supervisor was killed, and it with it");
  const std::string still = base::Count(left.size(), "process", "processes") + " of it " +
                            (left.size() == 1 ? "is" : "are") + " left: pid " + Pids(left);
  if (main_lives) {
    return Set(instance, InstanceStatus::kTerminated, "its supervisor was killed, and it with it; " + still);
  }
  Set(instance, InstanceStatus::kUnhealthy, "its supervisor was killed; " + still);
}

std::vector<Instance> Observer::LostNodes(const std::string& lineage) {
  std::map<InstanceId, Living> lost;
  for (const FoundProcess& process : Scan()) {
    const auto id = IdOfFolder(Variable(process, shim::kFolderVariable), registry_.root());
    if (!id || (!lineage.empty() && id->lineage != lineage)) continue;
    if (lost.contains(*id) || !NodeFolder::Open(registry_, *id)) Add(process, &lost[*id]);
  }
  std::vector<Instance> instances;
  instances.reserve(lost.size());
  for (const auto& [id, living] : lost) instances.push_back(LostInstance(id, living));
  return instances;
}

std::optional<Instance> Observer::LostNode(const InstanceId& id) {
  if (NodeFolder::Open(registry_, id)) return std::nullopt;
  const std::string folder = registry_.NodeFolder(id);
  Living living;
  for (const FoundProcess& process : Scan()) {
    if (Variable(process, shim::kFolderVariable) == folder) Add(process, &living);
  }
  if (living.shim == nullptr && living.process == nullptr) return std::nullopt;
  return LostInstance(id, living);
}

}  // namespace kadende::providers::process
