#include <algorithm>
#include <catch2/catch.hpp>

#include "cli/view/apply_table.h"
#include "cli/view/event_text.h"
#include "cli/view/json_events.h"
#include "cli/view/log_text.h"
#include "cli/view/nodes_table.h"
#include "cli/view/progress.h"
#include "cli/view/style.h"
#include "engine/base/json.h"
#include "engine/base/text.h"
#include "tests/cli_view/samples.h"

using namespace kadende;
using namespace kadende::cli;
using namespace kadende::tests;
using apply::OutcomeKind;

namespace {

class FakeClock : public ports::Clock {
 public:
  base::TimePoint Now() override { return base::FromUnixMillis(1'763'800'000'000) + now; }
  base::Millis Monotonic() override { return now; }
  base::Millis now{0};
};

model::Event Event(model::EventKind kind, const std::string& slot) {
  model::Event event;
  event.kind = kind;
  event.time = base::FromUnixMillis(1'763'800'000'000);
  event.cluster = "shop";
  event.group = "web";
  event.slot_key = slot;
  return event;
}

std::size_t Lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("a complete run is one line") {
  apply::ExecuteResult result;
  result.done = {3, 0, 1, 0, 0, 0};
  model::Plan plan = LargePlan(1);
  result.outcomes.resize(1);
  result.outcomes[0].kind = OutcomeKind::kDone;
  CHECK(ApplyTable(plan, result) == "Apply complete! Resources: 3 added, 0 changed, 1 destroyed.\n");
  plan.destroy = true;
  CHECK(ApplySummary(plan, result) == "Destroy complete! Resources: 1 destroyed.");
}

TEST_CASE("an incomplete run says what, why and what next") {
  apply::ExecuteResult result;
  result.outcomes = {{OutcomeKind::kDone, ""},
                     {OutcomeKind::kFailed, "quota: \x1b[31mnone left"},
                     {OutcomeKind::kSkipped, "web[1] failed"},
                     {OutcomeKind::kUnknown, ""},
                     {OutcomeKind::kNotStarted, ""}};
  result.done.create = 1;
  result.failed = result.skipped = result.unknown = 1;
  CheckGolden("apply.txt", ApplyTable(LargePlan(5), result));
}

TEST_CASE("nodes as a table and as JSON") {
  const model::ClusterState state = SampleState();
  plan::PriorView view;
  auto& group = view.groups["web"];
  group.nodes[{0, 1}] = {plan::Sight::kPresent, model::InstanceStatus::kRunning, "", "i-0", "10.9.9.9", "", false};
  group.nodes[{1, 1}] = {plan::Sight::kMissing, model::InstanceStatus::kUnknown, "", "", "", "", false};
  group.nodes[{2, 1}] = {plan::Sight::kPresent, model::InstanceStatus::kUnhealthy, "oom\x1b", "i-2", "", "", false};
  group.frozen = "state is behind the world; `state pull`";
  NodesTableOptions options;
  options.now = base::FromUnixMillis(1'763'800'000'000) + std::chrono::minutes(5);
  CheckGolden("nodes.txt", NodesTable({state, &view}, options));
  options.all = true;
  CheckGolden("nodes_all.txt", NodesTable({state}, options));
  CheckGolden("cluster.txt", ClusterText(state, options));
  const auto json = base::ParseJson(NodesJson({state, &view}, options));
  REQUIRE(json);
  CHECK((*json)["nodes"].size() == 4);
  CHECK((*json)["nodes"][0]["address"] == "10.9.9.9");
  options.group = "we";
  CHECK(NodesTable({state}, options) == "No nodes.\n");
}

TEST_CASE("every line of the JSON stream is one object with a type") {
  std::string out;
  JsonEvents json([&out](std::string_view text) { out += text; });
  apply::ExecuteResult result;
  result.outcomes.resize(SamplePlan().graph.actions.size());
  base::Diagnostics diagnostics;
  diagnostics.Error("web", "bad\nline", {"a.yml", 3, 4, 1}, "mend it");
  json.Version("0.1.0");
  json.Plan(SamplePlan());
  json.Diagnostics(diagnostics);
  json.OnEvent(Event(model::EventKind::kNodeCreated, "0"));
  json.Result(SamplePlan(), result);
  json.Published({3, "abc", {"a warning"}});
  json.Error({base::ErrorCode::kThrottled, "slow", base::Effect::kPossible, base::Millis(5)});
  std::vector<std::string> lines = base::Split(out, '\n');
  REQUIRE(lines.back().empty());
  lines.pop_back();
  for (const auto& line : lines) {
    const auto parsed = base::ParseJson(line);
    REQUIRE(parsed);
    CHECK(parsed->contains("type"));
  }
}

TEST_CASE("an event is one line, whatever it holds") {
  model::Event event = Event(model::EventKind::kNodeCreated, "0");
  event.reason = model::Reason::kSizeUp;
  event.message = "created as i-1\n\x1b[2J";
  const std::string line = EventLine(event, {false, true, true});
  CHECK(line.substr(0, 52) == "2025-11-22T08:26:40Z  node_created     shop:web[0]  ");
  CHECK(Lines(line) == 0);
  CHECK(line.find('\x1b') == std::string::npos);
}

TEST_CASE("bars are drawn at most ten times a second, and whole at the end") {
  FakeClock clock;
  std::vector<std::string> pieces;
  ProgressOptions options;
  options.terminal = true;
  ProgressView view([&](std::string_view text) { pieces.emplace_back(text); }, clock, options);
  view.Begin(LargePlan(1000));
  for (int i = 0; i < 1000; ++i) {
    clock.now += base::Millis(1);
    view.OnEvent(Event(model::EventKind::kActionStarted, std::to_string(i)));
    view.OnEvent(Event(model::EventKind::kNodeCreated, std::to_string(i)));
  }
  view.Finish();
  CHECK(pieces.size() <= 12);
  CHECK(pieces.front() == "web [........................] 0/1000\n0 of 1,000 done, 0s\n");
  CHECK(pieces.back() == "\x1b[2F\x1b[Jweb [########################] 1000/1000\n1,000 of 1,000 done, 1s, 1,000/s\n");
}

TEST_CASE("a settled create ends its action when it has an instance, or when it was not wanted") {
  FakeClock clock;
  std::string out;
  ProgressOptions options;
  options.terminal = true;
  model::Plan plan = LargePlan(3);
  plan.graph.actions[2].kind = model::ActionKind::kDestroy;
  plan.graph.actions[2].settle = true;
  ProgressView view([&](std::string_view text) { out = text; }, clock, options);
  view.Begin(plan);
  for (const char* slot : {"0", "1", "2"}) view.OnEvent(Event(model::EventKind::kActionStarted, slot));
  model::Event landed = Event(model::EventKind::kIntentSettled, "0");
  landed.instance_id = "i-0";
  view.OnEvent(landed);
  view.OnEvent(Event(model::EventKind::kIntentSettled, "1"));  // another one is made
  view.OnEvent(Event(model::EventKind::kIntentSettled, "2"));
  view.Finish();
  CHECK(out.find("2/3, 1 running") != std::string::npos);
}

TEST_CASE("off a terminal: a line each for small runs, counted lines for large ones") {
  FakeClock clock;
  std::string out;
  const auto run = [&](std::uint32_t count) {
    out.clear();
    ProgressView view([&](std::string_view text) { out += text; }, clock, {});
    view.Begin(LargePlan(count));
    for (std::uint32_t i = 0; i < count; ++i) {
      clock.now += base::Millis(1);
      view.OnEvent(Event(model::EventKind::kActionStarted, std::to_string(i)));
      view.OnEvent(Event(i == 7 ? model::EventKind::kCreateFailed : model::EventKind::kNodeCreated, std::to_string(i)));
    }
  };
  run(10);
  CHECK(Lines(out) == 10);
  CHECK(out.find('\x1b') == std::string::npos);
  run(2000);
  CHECK(Lines(out) == 6);  // four at half a second each, the failure, the last
  CHECK(out.find("create_failed    web[7]") != std::string::npos);
  CHECK(out.find("1,999 of 2,000 done, 1 failed or skipped, 2s, 1,000/s\n") != std::string::npos);
}

TEST_CASE("history as text") {
  ports::CommitSummary commit;
  commit.id = "0123456789012345678901234567890123456789";
  commit.serial = 12;
  commit.time = base::FromUnixMillis(1'763'800'000'000);
  commit.subject = "apply shop: +1";
  commit.body = "one\n\n  two\x1b";
  commit.actor = "ann@host";
  LogTextOptions options;
  options.now = commit.time + std::chrono::minutes(5);
  CHECK(LogText({commit}, options) ==
        "serial 12  0123456789  2025-11-22T08:26:40Z (5m ago)  by ann@host\n"
        "    apply shop: +1\n\n    one\n\n      two\\x1b\n");
  options.oneline = true;
  CHECK(LogText({commit}, options) == "  12  0123456789  2025-11-22T08:26:40Z  apply shop: +1\n");
  CHECK(base::ParseJson(LogJson({commit}))->at(0)["serial"] == 12);
}

TEST_CASE("widths, cuts and ages") {
  CHECK(DisplayWidth("web\xE6\x97\xA5") == 5);
  CHECK(PadRight("\xE6\x97\xA5", 4) == "\xE6\x97\xA5  ");
  CHECK(Shorten("abcdef", 4) == "abc\xE2\x80\xA6");
  CHECK(Shorten("abcd", 4) == "abcd");
  const base::TimePoint now = base::FromUnixMillis(10'000'000'000);
  CHECK(Age({}, now) == "-");
  CHECK(Age(now, now) == "just now");
  CHECK(Age(now - std::chrono::seconds(42), now) == "42s");
  CHECK(Age(now - std::chrono::hours(50), now) == "2d");
}
