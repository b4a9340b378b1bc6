#include "engine/apply/publish.h"

#include <algorithm>
#include <utility>

#include "engine/apply/recorder.h"
#include "engine/apply/tally.h"
#include "engine/apply/trailers.h"
#include "engine/base/fault.h"
#include "engine/base/text.h"
#include "engine/model/plan_json.h"

namespace kadende::apply {
namespace {

using ports::PublishResult;

base::Status Rename(const model::ClusterState& state, ports::History& history) {
  if (state.cluster.commit.empty()) return {};
  auto tip = history.Tip(state.cluster.name);
  if (!tip) return tl::unexpected(std::move(tip).error());
  if (*tip) return {};
  auto names = history.Names();
  if (!names) return tl::unexpected(std::move(names).error());
  for (const std::string& name : *names) {
    auto other = history.Tip(name);
    if (!other) return tl::unexpected(std::move(other).error());
    if (*other && (*other)->lineage == state.cluster.lineage) return history.Rename(name, state.cluster.name);
  }
  return {};
}

base::Result<PublishResult> CommitToHistory(const model::ClusterState& state, const RunPorts& ports,
                                            const Publication& publication) {
  if (auto renamed = Rename(state, *ports.history); !renamed) return tl::unexpected(renamed.error());
  ports::PublishRequest request;
  request.state = &state;
  request.time = ports.clock->Now();
  request.subject = publication.subject;
  request.body = publication.body;
  request.actor = publication.actor;
  request.plan = publication.plan;
  request.trailers = publication.trailers;
  return ports.history->Publish(request);
}

// Whether the run came to its end, and only its publication failed.
bool HasEnded(const model::ClusterState& state) {
  return state.intents.empty() && std::all_of(state.groups.begin(), state.groups.end(), [](const auto& group) {
           return group.second.record.current == group.second.record.target;
         });
}

// What an unfinished run came to, which is not what it had planned.
std::string SubjectOf(const model::ClusterState& state, const model::Run& run, const model::Plan& plan,
                      ports::History& history) {
  if (run.kind == model::RunKind::kEdit) return run.subject;
  model::ClusterState before;
  if (!state.cluster.commit.empty()) {
    auto last = history.Read(state.cluster.name, state.cluster.commit);
    if (!last) return run.subject;
    before = std::move(last->state);
  }
  return Subject(run.kind, state.cluster.name, CountBetween(before, state),
                 HasEnded(state) ? kSettingsOnly : kNothingDone, RollbackSerial(plan));
}

}  // namespace

base::Result<PublishResult> Publish(model::ClusterState& state, const RunPorts& ports, const Publication& publication) {
  base::FaultPoint("apply.publish.before");
  auto published = CommitToHistory(state, ports, publication);
  if (!published) return published;
  base::FaultPoint("apply.publish.after");
  Recorder recorder(state, ports, publication.run_id, publication.actor);
  recorder.Add(model::Published{published->serial, published->commit});
  // Warnings go into the event too: what is published later, on opening, has no other place to tell them.
  std::string message = "serial " + std::to_string(published->serial) + ": " + publication.subject;
  for (const std::string& warning : published->warnings) message += "; warning: " + warning;
  recorder.Note(model::EventKind::kPublished, ports.clock->Now()).message = std::move(message);
  if (auto status = recorder.Commit(); !status) return tl::unexpected(std::move(status).error());
  base::FaultPoint("apply.published.after");
  return published;
}

base::Status CheckNewName(const std::string& name, const model::Lineage& lineage, ports::History& history) {
  auto tip = history.Tip(name);
  if (!tip) return tl::unexpected(base::Wrap(tip.error(), "cannot tell whether the name " + name + " is free"));
  if (!*tip || (*tip)->lineage == lineage) return {};
  return base::Fail(base::ErrorCode::kConflict, "the cluster cannot be renamed to " + name +
                                                    ": the history under that name is another cluster's (" + "serial " +
                                                    std::to_string((*tip)->serial) + ", \"" +
                                                    base::EscapeTerminal((*tip)->subject) + "\"); choose another name");
}

base::Status PublishPending(model::ClusterState& state, const RunPorts& ports, const std::string& actor) {
  // Without an open run nothing is pending: what a pass of watch that came to nothing noted waits for the next version.
  if (!state.cluster.run) return {};
  const model::Run& run = *state.cluster.run;
  const auto plan = run.plan.empty() ? model::Plan() : model::PlanFromJson(run.plan).value_or(model::Plan());
  Publication publication{.subject = SubjectOf(state, run, plan, *ports.history) +
                                     (HasEnded(state) ? " (published later)" : " (interrupted)"),
                          .body = run.plan_text,
                          .actor = run.actor.empty() ? actor : run.actor,
                          .run_id = run.id,
                          .trailers = TrailersOf(plan)};
  if (!run.plan.empty()) publication.plan = run.plan;
  auto published = Publish(state, ports, publication);
  if (!published) return tl::unexpected(std::move(published).error());
  return {};
}

std::string Subject(model::RunKind kind, const std::string& cluster, const model::ChangeCounts& counts,
                    std::string_view nothing, std::string_view rollback_serial) {
  std::string subject;
  switch (kind) {
    case model::RunKind::kApply:
      subject = "apply ";
      break;
    case model::RunKind::kWatch:
      subject = "watch ";
      break;
    case model::RunKind::kDestroy:
      subject = "destroy ";
      break;
    case model::RunKind::kEdit:
      subject = "edit ";
      break;
  }
  if (!rollback_serial.empty()) subject = "rollback ";
  subject += cluster;
  if (!rollback_serial.empty()) subject.append(" to serial ").append(rollback_serial);
  subject += ":";
  const auto add = [&subject](const char* sign, std::uint32_t count) {
    if (count > 0) subject += " " + (sign + std::to_string(count));
  };
  add("+", counts.create);
  add("~", counts.update);
  add("-", counts.destroy);
  add("-/+", counts.replace);
  if (subject.ends_with(':')) subject.append(" ").append(nothing);
  return subject;
}

}  // namespace kadende::apply
