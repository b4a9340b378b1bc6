#include "providers/process/creator.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "engine/base/fault.h"
#include "engine/base/json.h"
#include "providers/process/observe.h"
#include "providers/process/start.h"
#include "providers/process/stop.h"
#include "providers/shim/protocol.h"

namespace kadende::providers::process {
namespace {

using base::Effect;
using base::ErrorCode;
using model::Instance;

// How long a node that has ended stays listed and its output readable, where nobody destroys it.
constexpr base::Millis kKeepEnded = std::chrono::hours(24);

base::TimePoint Now() {
  return std::chrono::time_point_cast<base::Millis>(std::chrono::system_clock::now());
}

NodeRecord MakeRecord(const ports::CreateRequest& request) {
  NodeRecord record;
  record.name = request.name;
  record.token = base::ToBase32(request.owner.token);
  record.owner = request.owner;
  record.labels = request.labels;
  record.properties = std::string(request.Recordable());
  record.created_at = Now();
  record.boot = shim::BootId();
  return record;
}

// Why a shim says that it could not start its node.
tl::unexpected<base::Error> StartError(const std::string& command, const shim::Status& status) {
  const std::string why = std::system_category().message(status.error);
  if (status.failed_step == "claim") {
    return base::Fail(ErrorCode::kConflict,
                      "the node of `" + command + "` runs already, under a supervisor whose folder was removed");
  }
  const bool limit =
      status.error == EAGAIN || status.error == ENOMEM || status.error == EMFILE || status.error == ENFILE;
  if (limit) return base::Fail(ErrorCode::kQuota, "command `" + command + "` cannot be started now: " + why);
  if (status.failed_step == "chdir") {
    return base::Fail(ErrorCode::kInvalid,
                      "command `" + command + "`: its working directory cannot be entered: " + why);
  }
  const char* remedy = status.error == ENOEXEC  ? " (is a `#!` line missing?)"
                       : status.error == ENOENT ? " (the interpreter of its `#!` line is missing?)"
                                                : "";
  return base::Fail(ErrorCode::kInvalid, "command `" + command + "` cannot be executed: " + why + remedy);
}

// Gives up what nothing was started in. Where it cannot be removed now, the next create or destroy does.
constexpr int kLooksForClaimed = 100;  // with the pauses between them well over a second

void Discard(NodeFolder* folder) {
  if (folder->KeepShimsOut()) static_cast<void>(folder->Remove());
}

// A node that ended long ago, or a folder in which nothing was ever recorded.
bool IsLitter(const NodeFolder& folder, base::TimePoint now) {
  const NodeState state = folder.ReadState();
  if (state.supervised) return false;
  if (state.Ended()) return now - base::FromUnixMillis(state.status->ended_at) >= kKeepEnded;
  if (state.status) return false;
  const auto record = folder.ReadRecord();
  return record && !*record;
}

// How many incarnations back remains are looked for: those between were never made, or were ended.
constexpr std::uint32_t kIncarnationsBack = 16;

// What the slot's earlier incarnations left behind although they are over (their shim was killed) may hold the port or
// the lock that the next one needs, so it goes first. What is not over is not touched: it may be replaced launch-first.
// Made under the group's former name it is found by its destroy only.
base::Status EndPredecessors(const Registry& registry, const model::Ownership& owner, Deadline* deadline) {
  for (std::uint32_t back = 1; back <= kIncarnationsBack && back < owner.incarnation; ++back) {
    const std::uint32_t incarnation = owner.incarnation - back;
    const auto token = model::MakeToken(owner.lineage, owner.group, owner.slot, incarnation);
    const auto id = MakeInstanceId(owner.lineage, base::ToBase32(token));
    const base::Status ended = id ? EndRemains(registry, *id, deadline) : base::Status();
    if (ended) continue;
    base::Error error = ended.error();
    error.message = "what the former node in this place left running holds it up: " + error.message;
    error.effect = Effect::kNone;  // of this create
    return tl::unexpected(std::move(error));
  }
  return {};
}

bool WasStarted(const NodeState& state) {
  return state.supervised || (state.status && state.status->phase != shim::Phase::kFailed);
}

}  // namespace

base::Result<Instance> Creator::Look(const InstanceId& id) const {
  auto instance = Observer(*registry_).Observe(id);
  if (!instance) return tl::unexpected(instance.error());
  if (*instance) return std::move(**instance);
  return base::Fail(ErrorCode::kUnavailable, "the folder of node " + id.Text() + " was removed meanwhile",
                    Effect::kPossible);
}

base::Result<Instance> Creator::Create(const ports::CreateRequest& request, Deadline* deadline) {
  const auto properties = ParseProperties(request.properties);
  if (!properties) return tl::unexpected(properties.error());
  const NodeRecord record = MakeRecord(request);
  const auto id = MakeInstanceId(request.owner.lineage, record.token);
  if (!id) return tl::unexpected(id.error());
  // The registry, or this lineage's part, is new or was deleted: then nodes of it may still run.
  if (!registry_->HasLineage(id->lineage)) {
    Observer observer(*registry_);
    const bool lost = !observer.LostNodes(id->lineage).empty();
    if (auto running = observer.LostNode(*id)) return std::move(*running);
    if (base::Status made = registry_->MakeLineage(id->lineage); !made) return tl::unexpected(made.error());
    if (lost) registry_->MarkLostNodes(id->lineage, true);
  }
  CleanWhenDue(id->lineage);
  base::FaultPoint("providers.process.create.before");
  auto folder = NodeFolder::Lock(*registry_, *id, true, deadline);
  if (!folder) return tl::unexpected(folder.error());
  base::FaultPoint("providers.process.create.folder");
  const auto before = (*folder)->ReadRecord();
  // A create that was cut may have left a shim that is just starting its node.
  const auto state = WaitStarted(&**folder, deadline);
  if (!state) return tl::unexpected(state.error());
  const bool started = WasStarted(*state);
  if (started && !before) return tl::unexpected(before.error());
  if (before && *before && (*before)->token != record.token) {
    return base::Fail(ErrorCode::kConflict, "node " + id->Text() + " belongs to another token");
  }
  if (started && *before) return Look(*id);
  return Start(*id, record, *properties, &**folder, deadline);
}

base::Result<NodeState> Creator::WaitStarted(NodeFolder* folder, Deadline* deadline) {
  for (;;) {
    NodeState state = folder->ReadState();
    // A shim that failed is about to end; its folder can be used again, or removed, once it has let go.
    const bool busy = state.supervised && (!state.status || state.status->phase == shim::Phase::kStarting ||
                                           state.status->phase == shim::Phase::kFailed);
    if (!busy) return state;
    const base::Status time = deadline->Check("waiting for the start of " + folder->path(), Effect::kPossible);
    if (!time) return tl::unexpected(time.error());
    deadline->Pause();
  }
}

base::Result<Instance> Creator::Start(const InstanceId& id, const NodeRecord& record, const Properties& properties,
                                      NodeFolder* folder, Deadline* deadline) {
  base::Status launched = EndPredecessors(*registry_, record.owner, deadline);
  if (launched) launched = Launch(record, properties, *folder, deadline);
  if (!launched) {
    if (launched.error().effect == Effect::kNone) {
      // A shim that gave up may be about to let go of the folder.
      for (int look = 0; look < kLooksForClaimed && !folder->KeepShimsOut(); ++look) deadline->Pause();
      Discard(folder);
    }
    return tl::unexpected(launched.error());
  }
  base::FaultPoint("providers.process.create.started");
  // The shim may still be at it: only what it says in the end tells a start from a failure.
  const auto state = WaitStarted(folder, deadline);
  if (!state) return tl::unexpected(state.error());
  if (!state->status) {
    Discard(folder);
    return base::Fail(ErrorCode::kInternal, "kadende-shim ended before it started `" + properties.command +
                                                "`: is it of the same version as kadende?");
  }
  if (state->status->phase != shim::Phase::kFailed) return Look(id);
  Discard(folder);
  if (state->status->failed_step == "claim") {
    registry_->MarkLostNodes(id.lineage, true);
    // The claim proves that it runs: a look that misses it came at a bad moment, of /proc or of the folder just
    // discarded.
    for (int look = 0; look < kLooksForClaimed; ++look) {
      if (auto running = Observer(*registry_).LostNode(id)) return std::move(*running);
      Discard(folder);
      deadline->Pause();
    }
  }
  return StartError(properties.command, *state->status);
}

base::Status Creator::Launch(const NodeRecord& record, const Properties& properties, const NodeFolder& folder,
                             Deadline* deadline) const {
  const auto shim_path = FindShim(options_.shim_path);
  if (!shim_path) return tl::unexpected(shim_path.error());
  const auto spec = MakeSpec(record, properties, options_, folder.path());
  if (!spec) return tl::unexpected(spec.error());
  ::unlinkat(folder.fd(), shim::kStatusFile, 0);  // of a start that failed
  if (base::Status written = folder.WriteRecord(record); !written) return written;
  base::FaultPoint("providers.process.create.record");
  if (base::Status filled = FillFolder(folder, properties); !filled) return filled;
  return StartShim(*shim_path, folder, *spec, deadline);
}

base::Result<Instance> Creator::Update(const ports::UpdateRequest& request, Deadline* deadline) {
  const auto id = ParseInstanceId(request.id);
  auto folder = id ? NodeFolder::Lock(*registry_, *id, false, deadline) : std::optional<NodeFolder>();
  if (!folder) return tl::unexpected(folder.error());
  auto record = *folder ? (*folder)->ReadRecord() : std::optional<NodeRecord>();
  if (!record) return tl::unexpected(record.error());
  if (!*record) return base::Fail(ErrorCode::kNotFound, "there is no process node `" + request.id + "`");
  const auto properties = ParseProperties(request.properties);
  if (!properties) return tl::unexpected(properties.error());
  const auto fixed = FixedProperties(request.Recordable());
  const auto was = FixedProperties((*record)->properties);
  if (!fixed || !was || *fixed != *was) {
    return base::Fail(ErrorCode::kInvalid, "only stopSignal and stopTimeout of a process node can change in place");
  }
  if (request.owner.lineage != id->lineage) {
    return base::Fail(ErrorCode::kInvalid, "a process node cannot pass to another lineage");
  }
  (*record)->owner = request.owner;
  (*record)->labels = request.labels;
  (*record)->properties = std::string(request.Recordable());
  base::FaultPoint("providers.process.update.before");
  if (base::Status written = (*folder)->WriteRecord(**record); !written) return tl::unexpected(written.error());
  base::FaultPoint("providers.process.update.after");
  return Look(*id);
}

// Removes what creates and destroys that were cut left behind, and nodes that ended a day ago and that nobody
// destroyed.
void Creator::CleanWhenDue(const std::string& lineage) {
  const base::TimePoint now = Now();
  if (!registry_->CleaningIsDue(lineage, now)) return;
  registry_->RemoveLitter(lineage);
  const auto ids = registry_->Ids(lineage);
  if (!ids) return;
  for (const InstanceId& id : *ids) {
    const auto seen = NodeFolder::Open(*registry_, id);
    if (!seen || !IsLitter(*seen, now)) continue;
    ports::CallContext brief;
    brief.timeout = base::Millis(1);
    Deadline deadline(brief);
    auto folder = NodeFolder::Lock(*registry_, id, false, &deadline);
    if (folder && *folder && IsLitter(**folder, now)) Discard(&**folder);
  }
}

}  // namespace kadende::providers::process
