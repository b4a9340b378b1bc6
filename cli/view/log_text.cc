#include "cli/view/log_text.h"

#include "cli/view/nodes_table.h"
#include "cli/view/style.h"
#include "engine/base/json.h"
#include "engine/base/text.h"

namespace kadende::cli {
namespace {

using base::EscapeTerminal;

constexpr std::size_t kShortId = 10;

std::string When(const ports::CommitSummary& commit, const LogTextOptions& options) {
  std::string text = base::FormatRfc3339(commit.time);
  if (options.now == base::TimePoint{}) return text;
  const std::string age = Age(commit.time, options.now);
  return text + (age == "just now" ? " (just now)" : " (" + age + " ago)");
}

std::string Heading(const ports::CommitSummary& commit, const LogTextOptions& options) {
  std::string text = Paint(options.color, Color::kYellow, "serial " + std::to_string(commit.serial)) + "  " +
                     EscapeTerminal(commit.id.substr(0, kShortId)) + "  " + When(commit, options);
  if (!commit.actor.empty()) text += "  by " + EscapeTerminal(commit.actor);
  return text + "\n";
}

std::string Indented(const std::string& body) {
  std::string out;
  for (const auto& line : base::Split(body, '\n')) out += line.empty() ? "\n" : "    " + EscapeTerminal(line) + "\n";
  return out;
}

}  // namespace

std::string LogText(const std::vector<ports::CommitSummary>& commits, const LogTextOptions& options) {
  std::string out;
  for (const auto& commit : commits) {
    if (options.oneline) {
      out += Paint(options.color, Color::kYellow, PadLeft(std::to_string(commit.serial), 4)) + "  " +
             EscapeTerminal(commit.id.substr(0, kShortId)) + "  " + base::FormatRfc3339(commit.time) + "  " +
             EscapeTerminal(commit.subject) + "\n";
      continue;
    }
    if (!out.empty()) out += "\n";
    out += Heading(commit, options) + "    " + EscapeTerminal(commit.subject) + "\n";
    if (!commit.body.empty()) out += "\n" + Indented(commit.body);
  }
  return out;
}

std::string LogJson(const std::vector<ports::CommitSummary>& commits) {
  base::Json json = base::Json::array();
  for (const auto& commit : commits) {
    json.push_back({{"serial", commit.serial},
                    {"commit", commit.id},
                    {"time", base::FormatRfc3339(commit.time)},
                    {"subject", commit.subject},
                    {"body", commit.body},
                    {"actor", commit.actor},
                    {"lineage", commit.lineage},
                    {"specHash", commit.spec_hash}});
  }
  return base::Canonical(json) + "\n";
}

std::string ShowText(const ports::HistoricState& historic, const LogTextOptions& options) {
  NodesTableOptions nodes;
  nodes.color = options.color;
  nodes.now = options.now;
  return Heading(historic.commit, options) + "    " + EscapeTerminal(historic.commit.subject) + "\n\n" +
         ClusterText(historic.state, nodes) + "\n" + NodesTable({historic.state}, nodes);
}

}  // namespace kadende::cli
