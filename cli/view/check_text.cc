#include "cli/view/check_text.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "cli/view/style.h"
#include "engine/base/text.h"

namespace kadende::cli {
namespace {

using providers::check::Finding;
using providers::check::Outcome;

std::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPassed:
      return "passed";
    case Outcome::kFailed:
      return "failed";
    case Outcome::kSkipped:
      return "skipped";
  }
  return "failed";
}

std::size_t CountOf(std::span<const Finding> findings, Outcome outcome) {
  return static_cast<std::size_t>(std::count_if(
      findings.begin(), findings.end(), [outcome](const Finding& finding) { return finding.outcome == outcome; }));
}

std::string Seconds(std::chrono::milliseconds took) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.3f", std::chrono::duration<double>(took).count());
  return text.data();
}

// Lines of a message stay lines.
std::string Escaped(const std::string& message, std::string_view indent) {
  std::string text;
  for (const std::string& line : base::Split(message, '\n')) {
    text += (text.empty() ? "" : "\n" + std::string(indent)) + base::EscapeTerminal(line);
  }
  return text;
}

std::string Xml(const std::string& text) {
  return base::EscapeHtml(Escaped(text, ""));
}

}  // namespace

std::string FindingText(const Finding& finding, bool color) {
  const std::string promise = base::EscapeTerminal(finding.situation);
  switch (finding.outcome) {
    case Outcome::kPassed:
      return Paint(color, Color::kGreen, "ok  ") + "  " + promise + "\n";
    case Outcome::kFailed:
      return Paint(color, Color::kRed, "FAIL") + "  " + promise + "\n      " + Escaped(finding.message, "      ") +
             "\n";
    case Outcome::kSkipped:
      return Paint(color, Color::kYellow, "skip") + "  " + promise + ": " + Escaped(finding.message, "      ") + "\n";
  }
  return {};
}

std::string FindingJson(const Finding& finding) {
  std::string json = "{\"type\":\"situation\",\"promise\":" + base::QuoteJson(finding.situation) +
                     ",\"outcome\":" + base::QuoteJson(OutcomeName(finding.outcome));
  if (!finding.message.empty()) json += ",\"message\":" + base::QuoteJson(finding.message);
  return json + ",\"millis\":" + std::to_string(finding.took.count()) + "}\n";
}

std::string CheckSummaryText(std::span<const Finding> findings) {
  return std::to_string(CountOf(findings, Outcome::kPassed)) + " passed, " +
         std::to_string(CountOf(findings, Outcome::kFailed)) + " failed, " +
         std::to_string(CountOf(findings, Outcome::kSkipped)) + " skipped";
}

std::string CheckSummaryJson(std::span<const Finding> findings, const model::Manifest& manifest) {
  return "{\"type\":\"provider_test\",\"provider\":" + base::QuoteJson(manifest.name) +
         ",\"version\":" + base::QuoteJson(manifest.version) +
         ",\"passed\":" + std::to_string(CountOf(findings, Outcome::kPassed)) +
         ",\"failed\":" + std::to_string(CountOf(findings, Outcome::kFailed)) +
         ",\"skipped\":" + std::to_string(CountOf(findings, Outcome::kSkipped)) + "}\n";
}

std::string CheckJUnit(std::span<const Finding> findings, std::string_view name) {
  const std::string suite = base::EscapeHtml(base::EscapeTerminal(name));
  std::chrono::milliseconds took{};
  for (const Finding& finding : findings) took += finding.took;
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"" + suite +
                    "\" tests=\"" + std::to_string(findings.size()) + "\" failures=\"" +
                    std::to_string(CountOf(findings, Outcome::kFailed)) + "\" errors=\"0\" skipped=\"" +
                    std::to_string(CountOf(findings, Outcome::kSkipped)) + "\" time=\"" + Seconds(took) + "\">\n";
  for (const Finding& finding : findings) {
    xml += "<testcase classname=\"" + suite + "\" name=\"" + Xml(finding.situation) + "\" time=\"" +
           Seconds(finding.took) + "\"";
    switch (finding.outcome) {
      case Outcome::kPassed:
        xml += "/>\n";
        break;
      case Outcome::kFailed:
        xml += "><failure message=\"" + Xml(finding.message.substr(0, finding.message.find('\n'))) + "\">" +
               Xml(finding.message) + "</failure></testcase>\n";
        break;
      case Outcome::kSkipped:
        xml += "><skipped message=\"" + Xml(finding.message) + "\"/></testcase>\n";
        break;
    }
  }
  return xml + "</testsuite>\n</testsuites>\n";
}

}  // namespace kadende::cli
