#include "cli/commands/state_compact.h"

#include <utility>
#include <vector>

#include "cli/opened_cluster.h"
#include "cli/planning.h"
#include "cli/share.h"
#include "cli/view/progress.h"
#include "engine/apply/compact.h"
#include "engine/base/text.h"
#include "state/git_care.h"

namespace kadende::cli {
namespace {

base::Result<apply::Compaction> Compact(Session& session, const std::string& lineage,
                                        const StateCompactOptions& options, Console& console) {
  Observers nobody(std::vector<ports::Observer*>{});
  auto ports = session.Ports(nobody, session.catalog());
  if (!ports) return tl::unexpected(std::move(ports).error());
  ports->pause = WaitAloud(console, {});
  apply::CompactionRequest request;
  request.lineage = lineage;
  request.actor = Actor();
  request.keep_from = session.clock().Now() - options.keep;
  request.lock_wait = options.lock_timeout;
  return apply::CompactHistory(request, *ports, *state::OpenGitCare(session.HistoryPlace()));
}

int Tell(const std::string& name, const apply::Compaction& compaction, Console& console) {
  const ports::CompactResult& result = compaction.result;
  for (const std::string& warning : result.published.warnings) console.Err("warning: " + warning + "\n");
  if (!compaction.push_error.empty()) {
    console.Err("warning: left out here, but the remote does not know of it yet: " + compaction.push_error +
                "; the next run, or `kadende state push`, tells it\n");
  }
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
  if (auto shared = ShareKnown(*session, console, cluster.name); !shared) return console.Fail(shared.error());
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
  auto compacted = Compact(*session, cluster.lineage, options, console);
  if (!compacted) return console.Fail(compacted.error());
  return Tell(cluster.name, *compacted, console);
}

}  // namespace kadende::cli
