#include "cli/commands/state_verify.h"

#include <limits>
#include <utility>

#include "cli/planning.h"
#include "cli/revision_text.h"
#include "cli/store_check.h"
#include "engine/base/text.h"
#include "state/git_care.h"
#include "state/git_commit.h"

namespace kadende::cli {
namespace {

struct Verified {
  ports::HistoryCheck history;
  std::optional<StoreCheck> store;  // nothing: the working store does not have the cluster
  std::optional<ports::HistoryFault> fault;
};

// Whether the newest version was made by a process that died before the store heard of it: the next run notes it.
bool WasCutOff(const model::ClusterState& stored, const ports::CommitSummary& newest) {
  if (ports::IsCompactionOf(newest, stored.cluster.commit)) return true;
  const auto run = newest.trailers.find(std::string(state::kRunTrailer));
  return stored.cluster.run && run != newest.trailers.end() && run->second == stored.cluster.run->id;
}

base::Result<Verified> Verify(Session& session, const std::string& name) {
  Verified verified;
  auto history = state::OpenGitCare(session.HistoryPlace())->Verify(name);
  if (!history) return tl::unexpected(std::move(history.error()));
  verified.history = std::move(*history);
  verified.fault = verified.history.fault;
  if (verified.fault) return verified;
  const auto cluster = session.Find(name);
  if (!cluster || !session.IsStored(cluster->lineage)) return verified;
  auto stored = session.Load(cluster->lineage);
  if (!stored) return tl::unexpected(std::move(stored.error()));
  auto published = session.history().Read(name, "HEAD");
  if (!published) return tl::unexpected(std::move(published.error()));
  if (WasCutOff(*stored, published->commit)) published->state.cluster.commit = stored->cluster.commit;
  verified.store = CompareWithPublished(*stored, published->state);
  verified.fault = verified.store->fault;
  if (verified.fault) return verified;
  ports::EventQuery query;
  query.lineage = cluster->lineage;
  query.limit = std::numeric_limits<std::uint32_t>::max();
  auto events = session.store()->Events(query);
  if (!events) return tl::unexpected(std::move(events.error()));
  verified.fault = CheckIncarnations(*events);
  return verified;
}

std::string Text(const std::string& name, const Verified& verified) {
  const ports::HistoryCheck& history = verified.history;
  if (verified.fault) {
    return base::EscapeTerminal(name) + ": not whole\n  place:  " + base::EscapeTerminal(verified.fault->place) +
           "\n  cause:  " + base::EscapeTerminal(verified.fault->cause) +
           "\n  remedy: " + base::EscapeTerminal(verified.fault->remedy) + "\n";
  }
  std::string text = base::EscapeTerminal(name) + ": whole. " + base::Count(history.versions, "version") +
                     " (serials " + std::to_string(history.oldest_serial) + " to " +
                     std::to_string(history.newest_serial) + ", " + base::GroupDigits(history.objects) +
                     " trees and files)";
  if (!verified.store) return text + "; the working store does not have it.\n";
  text += "; the working store agrees in " + base::Count(verified.store->rows, "row");
  const std::uint64_t ahead = verified.store->unpublished;
  return text + (ahead == 0 ? ".\n" : ", and is ahead in " + base::Count(ahead, "place") + ".\n");
}

std::string Json(const std::string& name, const Verified& verified) {
  const ports::HistoryCheck& history = verified.history;
  std::string json =
      "{\"type\":\"verify\",\"cluster\":" + base::QuoteJson(name) +
      ",\"whole\":" + (verified.fault ? "false" : "true") + ",\"versions\":" + std::to_string(history.versions) +
      ",\"oldestSerial\":" + std::to_string(history.oldest_serial) +
      ",\"newestSerial\":" + std::to_string(history.newest_serial) + ",\"tip\":" + base::QuoteJson(history.tip);
  if (verified.store) {
    json += ",\"rows\":" + std::to_string(verified.store->rows) +
            ",\"unpublished\":" + std::to_string(verified.store->unpublished);
  }
  if (verified.fault) {
    json += ",\"place\":" + base::QuoteJson(verified.fault->place) +
            ",\"cause\":" + base::QuoteJson(verified.fault->cause) +
            ",\"remedy\":" + base::QuoteJson(verified.fault->remedy);
  }
  return json + "}\n";
}

}  // namespace

void DefineStateVerify(CommandSetup& setup, StateVerifyOptions& options) {
  setup.Add({"CLUSTER", "", "Name, id or lineage; default: the only cluster", {}, false}, &options.cluster);
}

int RunStateVerify(const StateVerifyOptions& options, Console& console) {
  auto session = OpenHere(console, false);
  if (!session) return console.Fail(session.error());
  auto name = NameInHistory(**session, console, options.cluster);
  if (!name) return console.Fail(name.error());
  auto verified = Verify(**session, *name);
  if (!verified) return console.Fail(verified.error());
  console.Out(console.common().json ? Json(*name, *verified) : Text(*name, *verified));
  return verified->fault ? kExitError : kExitOk;
}

}  // namespace kadende::cli
