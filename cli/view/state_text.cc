#include "cli/view/state_text.h"

#include "engine/base/text.h"

namespace kadende::cli {
namespace {

constexpr std::size_t kShortCommit = 12;

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
  text += "here       serial " + std::to_string(status.serial);
  if (!status.commit.empty()) text += ", commit " + base::EscapeTerminal(status.commit.substr(0, kShortCommit));
  if (status.unpublished) text += ", with changes that are not published";
  text += "\n";
  if (!status.open_run.empty()) text += "open run   " + base::EscapeTerminal(status.open_run) + "\n";
  if (status.open_intents > 0) text += "intents    " + std::to_string(status.open_intents) + " open\n";
  return text;
}

std::string StateStatusJson(const StateStatus& status) {
  std::string json = "{\"type\":\"state_status\",\"cluster\":" + base::QuoteJson(status.cluster) +
                     ",\"lineage\":" + base::QuoteJson(status.lineage) +
                     ",\"serial\":" + std::to_string(status.serial) + ",\"commit\":" + base::QuoteJson(status.commit) +
                     ",\"open_run\":" + base::QuoteJson(status.open_run) +
                     ",\"open_intents\":" + std::to_string(status.open_intents) +
                     ",\"unpublished\":" + (status.unpublished ? "true" : "false");
  return json + "}\n";
}

}  // namespace kadende::cli
