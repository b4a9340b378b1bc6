#include "cli/view/log_text.h"

#include "cli/view/nodes_table.h"
#include "cli/view/plan_text.h"
#include "cli/view/style.h"
#include "engine/base/json.h"
#include "engine/base/text.h"
#include "engine/model/reason.h"

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

// "size_up 2, unhealthy 1" as the words and counts that it is made of.
std::vector<std::pair<std::string, std::uint64_t>> Reasons(const ports::CommitSummary& commit) {
  std::vector<std::pair<std::string, std::uint64_t>> reasons;
  const auto trailer = commit.trailers.find(std::string(ports::kReasonsTrailer));
  if (trailer == commit.trailers.end()) return reasons;
  for (const std::string& entry : base::Split(trailer->second, ',')) {
    std::vector<std::string> words = base::Split(entry, ' ');
    std::erase(words, "");
    const auto count = words.size() == 2 ? base::ParseInt(words[1]) : std::nullopt;
    if (count && *count > 0) reasons.emplace_back(words[0], static_cast<std::uint64_t>(*count));
  }
  return reasons;
}

std::string Indented(const std::string& body) {
  std::string out;
  for (const auto& line : base::Split(body, '\n')) out += line.empty() ? "\n" : "    " + EscapeTerminal(line) + "\n";
  return out;
}

base::Json ToJson(const ports::CommitSummary& commit) {
  base::Json json = {
      {"serial", commit.serial},    {"commit", commit.id},          {"time", base::FormatRfc3339(commit.time)},
      {"subject", commit.subject},  {"body", commit.body},          {"actor", commit.actor},
      {"lineage", commit.lineage},  {"specHash", commit.spec_hash}, {"reasons", base::Json::object()},
      {"trailers", commit.trailers}};
  for (const auto& [name, count] : Reasons(commit)) json["reasons"][name] = count;
  return json;
}

std::string Why(const ports::CommitSummary& commit) {
  const std::string reasons = CommitReasons(commit);
  return reasons.empty() ? std::string() : "    why: " + reasons + "\n";
}

}  // namespace

std::string CommitHeading(const ports::CommitSummary& commit, const LogTextOptions& options) {
  std::string text = Paint(options.color, Color::kYellow, "serial " + std::to_string(commit.serial)) + "  " +
                     EscapeTerminal(commit.id.substr(0, kShortId)) + "  " + When(commit, options);
  if (!commit.actor.empty()) text += "  by " + EscapeTerminal(commit.actor);
  return text;
}

std::string CommitReasons(const ports::CommitSummary& commit) {
  std::string text;
  for (const auto& [name, count] : Reasons(commit)) {
    const auto reason = model::ParseReason(name);
    text += (text.empty() ? "" : "; ") + (reason ? std::string(ReasonPhrase(*reason)) : EscapeTerminal(name));
    if (count > 1) text += " (" + base::GroupDigits(count) + ")";
  }
  return text;
}

std::string CommitJson(const ports::CommitSummary& commit) {
  return base::Canonical(ToJson(commit));
}

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
    out += CommitHeading(commit, options) + "\n    " + EscapeTerminal(commit.subject) + "\n" + Why(commit);
    if (!commit.body.empty()) out += "\n" + Indented(commit.body);
  }
  return out;
}

std::string LogJson(const std::vector<ports::CommitSummary>& commits) {
  base::Json json = base::Json::array();
  for (const auto& commit : commits) json.push_back(ToJson(commit));
  return base::Canonical(json) + "\n";
}

std::string ShowText(const ports::HistoricState& historic, const LogTextOptions& options) {
  NodesTableOptions nodes;
  nodes.color = options.color;
  nodes.now = options.now;
  return CommitHeading(historic.commit, options) + "\n    " + EscapeTerminal(historic.commit.subject) + "\n" +
         Why(historic.commit) + "\n" + ClusterText(historic.state, nodes) + "\n" + NodesTable({historic.state}, nodes);
}

std::string ShowJson(const ports::HistoricState& historic, const LogTextOptions& options) {
  NodesTableOptions nodes;
  nodes.now = options.now;
  std::string variables;
  for (const auto& [name, value] : historic.state.cluster.variables) {
    variables += (variables.empty() ? "" : ",") + base::QuoteJson(name) + ":" + value;
  }
  return "{\"commit\":" + CommitJson(historic.commit) +
         ",\"spec\":" + base::QuoteJson(historic.state.cluster.spec_text) + ",\"variables\":{" + variables + "}," +
         NodesJson({historic.state}, nodes).substr(1);
}

}  // namespace kadende::cli
