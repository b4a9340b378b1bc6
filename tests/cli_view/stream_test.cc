// What README.md says of the stream, against what is written.
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "cli/view/event_text.h"
#include "cli/view/json_events.h"
#include "engine/base/json.h"
#include "engine/base/text.h"
#include "tests/cli_view/samples.h"

using namespace kadende;
using namespace kadende::cli;
using namespace kadende::tests;

namespace {

// The words in backticks of a text.
std::set<std::string> Words(const std::string& text) {
  std::set<std::string> words;
  const std::vector<std::string> parts = base::Split(text, '`');
  for (std::size_t i = 1; i < parts.size(); i += 2) words.insert(parts[i]);
  return words;
}

std::string Readme() {
  std::ostringstream text;
  text << std::ifstream(README).rdbuf();
  return text.str();
}

// Per word of a table's first column, the words of the rest of its row; from the table with this header.
std::map<std::string, std::set<std::string>> Table(const std::string& header) {
  std::map<std::string, std::set<std::string>> rows;
  const std::string text = Readme();
  const std::size_t at = text.find("\n" + header + "\n");
  REQUIRE(at != std::string::npos);
  std::istringstream lines(text.substr(at + 1));
  for (std::string line; std::getline(lines, line) && line.starts_with("|");) {
    const std::size_t end = line.find('|', 1);
    for (const std::string& word : Words(line.substr(0, end))) rows[word] = Words(line.substr(end));
  }
  return rows;
}

model::Event FullEvent() {
  model::Event event;
  event.id = 1;
  event.kind = model::EventKind::kNodeCreated;
  event.reason = model::Reason::kSizeUp;
  event.cluster = event.group = event.slot_key = event.instance_id = event.run_id = event.actor = event.message = "x";
  event.incarnation = 1;
  return event;
}

std::string EveryType() {
  std::string out;
  JsonEvents json([&out](std::string_view text) { out += text; });
  apply::ExecuteResult result;
  result.outcomes.resize(SamplePlan().graph.actions.size());
  result.outcomes[0].message = "why";
  base::Diagnostics diagnostics;
  diagnostics.Error("web", "bad", {"a.yml", 3, 4, 1}, "mend it");
  json.Version("0.1.0");
  json.Plan(SamplePlan());
  json.Diagnostics(diagnostics);
  json.OnEvent(FullEvent());
  json.Result(SamplePlan(), result);
  json.Published({3, "abc", {"a warning"}});
  json.Error({base::ErrorCode::kThrottled, "slow", base::Effect::kPossible, base::Millis(5)});
  return out;
}

}  // namespace

TEST_CASE("every kind of event is documented, and no other") {
  const auto table = Table("| kind | about | when |");
  std::set<std::string> known;
  for (unsigned i = 0; i < 256; ++i) {
    const std::string name(model::EventKindName(static_cast<model::EventKind>(i)));
    if (name == "unknown") break;
    known.insert(name);
    INFO(name);
    CHECK(table.contains(name));
  }
  for (const auto& [name, words] : table) {
    INFO(name);
    CHECK(known.contains(name));
  }
}

TEST_CASE("every reason is documented") {
  const std::set<std::string> words = Words(Readme());
  for (unsigned i = 0; i < 256; ++i) {
    const std::string name(model::ReasonName(static_cast<model::Reason>(i)));
    if (name == "unknown") break;
    INFO(name);
    CHECK(words.contains(name));
  }
}

TEST_CASE("every field of every line is documented, and every documented field is written") {
  const auto table = Table("| type | fields |");
  std::map<std::string, std::set<std::string>> written;
  for (const std::string& line : base::Split(EveryType(), '\n')) {
    if (line.empty()) continue;
    const auto json = base::ParseJson(line);
    REQUIRE(json);
    const std::string type = json->at("type");
    for (const auto& [key, value] : json->items()) {
      if (key == "type") continue;
      written[type].insert(key);
      INFO(type + ": " + key);
      REQUIRE(table.contains(type));
      CHECK(table.at(type).contains(key));
    }
  }
  CHECK(written.size() == 8);
  for (const std::string field : {"time", "kind", "cluster", "group", "slot", "incarnation", "instance", "reason",
                                  "run", "actor", "message", "id"}) {
    INFO(field);
    CHECK(table.at("event").contains(field));
    CHECK(written.at("event").contains(field));
  }
}
