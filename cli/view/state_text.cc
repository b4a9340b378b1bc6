#include "cli/view/state_text.h"

#include "engine/base/text.h"

namespace kadende::cli {
namespace {

constexpr std::size_t kShortCommit = 12;

std::string VersionText(std::uint64_t serial, const std::string& commit) {
  return "serial " + std::to_string(serial) + ", commit " + base::EscapeTerminal(commit.substr(0, kShortCommit));
}

const char* RelationText(apply::Relation relation) {
  switch (relation) {
    case apply::Relation::kSame:
      return "the same";
    case apply::Relation::kAbsent:
      return "nothing there yet; the next apply or `kadende state push` brings it there";
    case apply::Relation::kAhead:
      return "we are ahead; the next apply or `kadende state push` tells the remote";
    case apply::Relation::kBehind:
      return "the remote is ahead; the next apply or `kadende state pull` goes on from there";
    case apply::Relation::kMoved:
      return "both moved; `kadende state pull` goes on from the remote's, with --take-remote in any case";
    case apply::Relation::kRewound:
      return "the remote lacks what it had: `kadende state push --force-rewound`, or `state pull --take-remote`";
    case apply::Relation::kForeign:
      return "the branch there is another cluster's";
  }
  return "";
}

std::string SharedText(const StateStatus& status) {
  const ports::RemoteView& view = status.view;
  std::string text = "remote     " + base::EscapeTerminal(view.address);
  if (view.tip) text += ": " + VersionText(view.tip->serial, view.tip->id);
  if (status.unreachable)
    text += view.fetched_at == base::TimePoint{} ? "nothing is known of it"
                                                 : ", as of " + base::FormatRfc3339(view.fetched_at);
  text += "\nrelation   " + std::string(RelationText(status.relation)) + "\n";
  if (view.claim) text += "lock       " + ClaimText(*view.claim, status.now);
  for (const auto& lost : status.stranded) {
    text += "stranded   " + VersionText(lost.serial, lost.id) + ", kept as " + lost.trailers.at("ref") + ": " +
            base::EscapeTerminal(lost.subject) + "\n";
  }
  return text;
}

std::string ClaimJson(const ports::RunClaim& claim, base::TimePoint now) {
  return "{\"run\":" + base::QuoteJson(claim.run_id) + ",\"actor\":" + base::QuoteJson(claim.holder.actor) +
         ",\"host\":" + base::QuoteJson(claim.host) + ",\"reason\":" + base::QuoteJson(claim.holder.reason) +
         ",\"since\":\"" + base::FormatRfc3339(claim.holder.since, true) + "\",\"expires\":\"" +
         base::FormatRfc3339(claim.renewed + claim.lifetime, true) +
         "\",\"expired\":" + (claim.IsExpired(now) ? "true" : "false") + "}";
}

std::string SharedJson(const StateStatus& status) {
  const ports::RemoteView& view = status.view;
  std::string json = ",\"remote\":{\"address\":" + base::QuoteJson(view.address) +
                     ",\"reachable\":" + (status.unreachable ? "false" : "true") +
                     ",\"relation\":" + base::QuoteJson(apply::RelationName(status.relation));
  if (view.tip) {
    json += ",\"serial\":" + std::to_string(view.tip->serial) + ",\"commit\":" + base::QuoteJson(view.tip->id);
  }
  if (view.fetched_at != base::TimePoint{}) {
    json += ",\"asked\":\"" + base::FormatRfc3339(view.fetched_at, true) + "\"";
  }
  if (view.claim) json += ",\"lock\":" + ClaimJson(*view.claim, status.now);
  json += ",\"stranded\":[";
  for (std::size_t i = 0; i < status.stranded.size(); ++i) {
    const auto& lost = status.stranded[i];
    json += std::string(i == 0 ? "" : ",") + "{\"serial\":" + std::to_string(lost.serial) +
            ",\"commit\":" + base::QuoteJson(lost.id) + ",\"ref\":" + base::QuoteJson(lost.trailers.at("ref")) + "}";
  }
  return json + "]}";
}

}  // namespace

StateStatus StatusOf(const model::ClusterState& state) {
  StateStatus status;
  status.cluster = state.cluster.name;
  status.lineage = state.cluster.lineage;
  status.serial = state.cluster.serial;
  status.commit = state.cluster.commit;
  if (state.cluster.run) status.open_run = state.cluster.run->subject;
  status.open_intents = state.intents.size();
  status.unpublished = state.cluster.run.has_value() || !state.IsPublished();
  return status;
}

std::string StateStatusText(const StateStatus& status) {
  std::string text = "cluster    " + base::EscapeTerminal(status.cluster) + "\nlineage    " + status.lineage + "\n";
  text += "here       " + (status.serial == 0 ? "nothing yet" : "serial " + std::to_string(status.serial));
  if (!status.commit.empty()) text += ", commit " + base::EscapeTerminal(status.commit.substr(0, kShortCommit));
  if (status.unpublished) text += ", with changes that are not published";
  text += "\n";
  if (!status.open_run.empty()) text += "open run   " + base::EscapeTerminal(status.open_run) + "\n";
  if (status.open_intents > 0) text += "intents    " + std::to_string(status.open_intents) + " open\n";
  return text + (status.shared ? SharedText(status) : "remote     none: this machine alone\n");
}

std::string ClaimText(const ports::RunClaim& claim, base::TimePoint now) {
  return base::EscapeTerminal(claim.holder.actor) + " on " + base::EscapeTerminal(claim.host) + " (" +
         base::EscapeTerminal(claim.holder.reason) + ", pid " + std::to_string(claim.holder.pid) + ") since " +
         base::FormatRfc3339(claim.holder.since) +
         (claim.IsExpired(now) ? ", expired at " : ", unless renewed until ") +
         base::FormatRfc3339(claim.renewed + claim.lifetime) + "\n";
}

std::string StateStatusJson(const StateStatus& status) {
  std::string json = "{\"type\":\"state_status\",\"cluster\":" + base::QuoteJson(status.cluster) +
                     ",\"lineage\":" + base::QuoteJson(status.lineage) +
                     ",\"serial\":" + std::to_string(status.serial) + ",\"commit\":" + base::QuoteJson(status.commit) +
                     ",\"open_run\":" + base::QuoteJson(status.open_run) +
                     ",\"open_intents\":" + std::to_string(status.open_intents) +
                     ",\"unpublished\":" + (status.unpublished ? "true" : "false");
  return json + (status.shared ? SharedJson(status) : std::string()) + "}\n";
}

}  // namespace kadende::cli
