#include "engine/apply/run.h"

#include <algorithm>
#include <utility>

#include "engine/apply/locked_run.h"
#include "engine/apply/publish.h"
#include "engine/apply/recorder.h"
#include "engine/base/fault.h"

namespace kadende::apply {
namespace {

std::string Purpose(model::RunKind kind) {
  switch (kind) {
    case model::RunKind::kApply:
      return "apply";
    case model::RunKind::kWatch:
      return "watch";
    case model::RunKind::kDestroy:
      return "destroy";
    case model::RunKind::kEdit:
      return "edit";
  }
  return "run";
}

base::Result<std::unique_ptr<ports::Lease>> Lock(const std::string& name, model::RunKind kind, const std::string& actor,
                                                 base::Millis wait, const RunPorts& ports) {
  // An empty list of groups: the whole cluster.
  return ports.leadership->Acquire(name, {}, MakeHolder(ports, actor, Purpose(kind)), wait);
}

// A cluster of this id or name that came into being while we waited for the lock of its name.
base::Result<model::Lineage> FindNewcomer(const model::ClusterSpec& spec, ports::StateStore& store) {
  auto clusters = store.Clusters();
  if (!clusters) return tl::unexpected(std::move(clusters).error());
  const auto same = std::find_if(clusters->begin(), clusters->end(), [&](const ports::ClusterSummary& cluster) {
    return spec.id.empty() ? cluster.name == spec.name : cluster.id == spec.id;
  });
  return same == clusters->end() ? model::Lineage() : same->lineage;
}

base::Result<RunResult> FirstRun(const RunRequest& request, const RunPorts& ports) {
  if (request.spec == nullptr) {
    return base::Fail(base::ErrorCode::kInvalid, "there is no such cluster in the state, and no file to make it from");
  }
  auto name_lease = Lock("new:" + request.spec->name, request.kind, request.execute.actor, request.lock_wait, ports);
  if (!name_lease) return tl::unexpected(std::move(name_lease).error());
  auto newcomer = FindNewcomer(*request.spec, *ports.store);
  if (!newcomer) return tl::unexpected(std::move(newcomer).error());
  if (newcomer->empty()) return RunLocked(request, ports, **name_lease, nullptr);
  RunRequest again = request;
  again.lineage = *newcomer;
  return Run(again, ports);
}

}  // namespace

base::Result<RunResult> Run(const RunRequest& request, const RunPorts& ports) {
  if (request.lineage.empty()) return FirstRun(request, ports);
  auto lease = Lock(request.lineage, request.kind, request.execute.actor, request.lock_wait, ports);
  if (!lease) return tl::unexpected(std::move(lease).error());
  return RunLocked(request, ports, **lease, nullptr);
}

base::Result<std::optional<ports::PublishResult>> Edit(const EditRequest& request, const RunPorts& ports) {
  auto lease = Lock(request.lineage, model::RunKind::kEdit, request.actor, request.lock_wait, ports);
  if (!lease) return tl::unexpected(std::move(lease).error());
  auto state = ports.store->Load(request.lineage);
  if (!state) return tl::unexpected(std::move(state).error());
  // Not a reason to refuse: what is left over goes out with the edit.
  const base::Status pending = PublishPending(*state, ports, request.actor);
  auto changes = request.change(*state);
  if (!changes) return tl::unexpected(std::move(changes).error());
  if (changes->empty()) return std::optional<ports::PublishResult>();

  model::Run run;
  run.id = base::ToBase32(base::RandomBytes(16));
  run.kind = model::RunKind::kEdit;
  run.actor = request.actor;
  run.started_at = ports.clock->Now();
  run.subject = request.subject;
  Recorder recorder(*state, ports, run.id, request.actor);
  if (pending) {
    model::ClusterRecord record = state->cluster;
    record.run = run;
    recorder.Add(model::ClusterRecorded{std::move(record)});
  }
  for (model::StateChange& change : *changes) recorder.Add(std::move(change));
  base::FaultPoint("apply.edit.before");
  if (auto status = recorder.Commit(); !status) return tl::unexpected(std::move(status).error());
  base::FaultPoint("apply.edit.after");
  auto published =
      Publish(*state, ports, {.subject = request.subject, .body = {}, .actor = request.actor, .run_id = run.id});
  if (!published) return tl::unexpected(std::move(published).error());
  return std::optional(std::move(*published));
}

}  // namespace kadende::apply
