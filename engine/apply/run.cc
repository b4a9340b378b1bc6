#include "engine/apply/run.h"

#include <algorithm>
#include <utility>

#include "engine/apply/holder.h"
#include "engine/apply/locked_run.h"

namespace kadende::apply {
namespace {

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

}  // namespace kadende::apply
