#include "cli/commands/state_compact.h"

#include <unistd.h>

#include <utility>
#include <vector>

#include "cli/opened_cluster.h"
#include "cli/planning.h"
#include "cli/view/progress.h"
#include "engine/apply/publish.h"
#include "engine/base/fault.h"
#include "engine/base/text.h"
#include "state/git_care.h"

namespace kadende::cli {
namespace {

// What the store has changed since goes out first, or it would count as published by what follows.
base::Status PublishRest(Session& session, model::ClusterState& state) {
  if (state.IsPublished() && !state.cluster.run) return {};
  Observers nobody(std::vector<ports::Observer*>{});
  auto ports = session.Ports(nobody, session.catalog());
  if (!ports) return tl::unexpected(std::move(ports.error()));
  if (auto pending = apply::PublishPending(state, *ports, Actor()); !pending) return pending;
  if (state.IsPublished()) return {};
  apply::Publication rest;
  rest.subject = "edit " + state.cluster.name + ": what was noted since serial " + std::to_string(state.cluster.serial);
  rest.actor = Actor();
  auto published = apply::Publish(state, *ports, rest);
  return published ? base::Status() : tl::unexpected(std::move(published.error()));
}

base::Result<ports::CompactResult> Compact(Session& session, const std::string& lineage,
                                           const StateCompactOptions& options) {
  auto locks = session.leadership();
  if (!locks) return tl::unexpected(std::move(locks.error()));
  const base::TimePoint now = session.clock().Now();
  auto lease = (*locks)->Acquire(lineage, {}, {Actor(), "compact", getpid(), now}, options.lock_timeout);
  if (!lease) return tl::unexpected(std::move(lease.error()));
  auto state = session.Load(lineage);
  if (!state) return tl::unexpected(std::move(state.error()));
  if (auto rest = PublishRest(session, *state); !rest) return tl::unexpected(std::move(rest.error()));
  ports::CompactRequest request;
  request.name = state->cluster.name;
  request.expected = state->cluster.commit;
  request.keep_from = now - options.keep;
  request.now = now;
  request.actor = Actor();
  auto compacted = state::OpenGitCare(session.HistoryPlace())->Compact(request);
  if (!compacted || compacted->removed == 0) return compacted;
  base::FaultPoint("cli.compact.note.before");
  const model::Published note{compacted->published.serial, compacted->published.commit};
  if (auto noted = session.store()->Commit(lineage, {note}); !noted) return tl::unexpected(std::move(noted.error()));
  base::FaultPoint("cli.compact.note.after");
  return compacted;
}

int Tell(const std::string& name, const ports::CompactResult& result, Console& console) {
  for (const std::string& warning : result.published.warnings) console.Err("warning: " + warning + "\n");
  if (console.common().json) {
    console.Out("{\"type\":\"compact\",\"cluster\":" + base::QuoteJson(name) +
                ",\"removed\":" + std::to_string(result.removed) + ",\"kept\":" + std::to_string(result.kept) +
                ",\"serial\":" + std::to_string(result.published.serial) +
                ",\"commit\":" + base::QuoteJson(result.published.commit) + "}\n");
    return kExitOk;
  }
  if (result.removed == 0) {
    console.Out("Nothing to leave out: all " + base::Count(result.kept, "version") + " of " +
                base::EscapeTerminal(name) + " are to be kept.\n");
    return kExitOk;
  }
  console.Out(base::Count(result.removed, "version") + " of " + base::EscapeTerminal(name) + " left out, " +
              std::to_string(result.kept) + " kept; serial " + std::to_string(result.published.serial) + " (" +
              result.published.commit.substr(0, 10) + ") is the new tip.\n");
  return kExitOk;
}

}  // namespace

void DefineStateCompact(CommandSetup& setup, StateCompactOptions& options) {
  setup.Add({"CLUSTER", "", "Name, id or lineage; default: the only cluster", {}, false}, &options.cluster);
  setup.Add({"--keep", "DURATION", "Versions of this time are kept, and the one that was in force before", {}, false},
            &options.keep);
  setup.Add({"-y,--yes", "", "Do not ask before", {}, false}, &options.yes);
  setup.Add({"--lock-timeout", "DURATION", "How long to wait for a run of the cluster", {}, false},
            &options.lock_timeout);
}

int RunStateCompact(const StateCompactOptions& options, Console& console) {
  auto opened = OpenCluster(console, true, options.cluster);
  if (!opened) return console.Fail(opened.error());
  const auto& [session, cluster] = *opened;
  if (!options.yes) {
    if (console.common().json || !console.CanAsk()) {
      return console.Fail("versions that are left out are gone for good: run again with --yes");
    }
    const Answer answer = console.Ask(
        "\nVersions of " + base::EscapeTerminal(cluster.name) + " older than " + base::FormatDuration(options.keep) +
            " are left out for good.\n  Only 'yes' will be accepted.\n\n  Enter a value: ",
        {});
    if (answer == Answer::kInterrupted) return kExitInterrupted;
    if (answer == Answer::kNo) {
      console.Err("Cancelled.\n");
      return kExitError;
    }
  }
  auto compacted = Compact(*session, cluster.lineage, options);
  if (!compacted) return console.Fail(compacted.error());
  return Tell(cluster.name, *compacted, console);
}

}  // namespace kadende::cli
