#include <catch2/catch.hpp>

#include "cli/view/blame_text.h"
#include "engine/base/json.h"
#include "tests/cli_view/samples.h"

using namespace kadende;
using namespace kadende::cli;
using namespace kadende::tests;
using model::NodePhase;

namespace {

const base::TimePoint kThen = base::FromUnixMillis(1'763'800'000'000);

model::NodeRecord Row(std::uint32_t incarnation, NodePhase phase) {
  model::NodeRecord row;
  row.incarnation = incarnation;
  row.phase = phase;
  if (phase != NodePhase::kTombstone) row.instance_id = "i-" + std::to_string(incarnation);
  return row;
}

ports::NodeVersion Version(std::uint64_t serial, const std::string& subject, std::vector<model::NodeRecord> rows,
                           const std::string& plan = "{}") {
  ports::NodeVersion version;
  version.commit.serial = serial;
  version.commit.id = std::string(39, 'a') + std::to_string(serial % 10);
  version.commit.time = kThen + std::chrono::hours(serial);
  version.commit.subject = subject;
  version.commit.actor = "ann@host";
  version.commit.trailers = {{"Kadende-Run", "run-" + std::to_string(serial)}};
  version.group = "web";
  version.rows = std::move(rows);
  version.plan = plan;
  return version;
}

std::string Action(const std::string& kind, const std::string& reason, int incarnation, bool replace = false) {
  return R"({"kind":")" + kind + R"(","reason":")" + reason + R"(","group":"web","first":0,"last":3,"incarnation":)" +
         std::to_string(incarnation) + (replace ? R"(,"replace":true})" : "}");
}

// Made, replaced by a rollout, replaced because it was gone, tainted, scaled down.
ports::NodeTrace Trace() {
  ports::NodeTrace trace;
  trace.node.group = "web";
  trace.oldest_serial = 1;
  const auto live = NodePhase::kLive;
  model::NodeRecord tainted = Row(3, live);
  tainted.tainted = true;
  tainted.taint_reason = "slow \x1b[31m";
  trace.versions = {
      Version(9, "apply shop: -1", {Row(3, NodePhase::kTombstone)},
              R"({"actions":[)" + Action("destroy", "size_down", 3) + "]}"),
      Version(8, "taint shop: web[0]", {tainted}),
      Version(5, "watch shop: -/+1", {Row(3, live)},
              R"({"actions":[)" + Action("create", "missing", 3) + "," + Action("forget", "missing", 2) +
                  R"(],"observed":[{"group":"web","slot":"0","incarnation":2,"reason":"missing"}]})"),
      Version(4, "apply shop: -/+4 (unfinished)", {Row(1, NodePhase::kLeaving), Row(2, live)},
              R"({"actions":[)" + Action("create", "revision_changed", 2, true) + "," +
                  Action("destroy", "replaced", 1, true) + "]}"),
      Version(1, "apply shop: +4", {Row(1, live)}, R"({"actions":[)" + Action("create", "size_up", 1) + "]}"),
  };
  return trace;
}

}  // namespace

TEST_CASE("each incarnation of a node has its story") {
  model::Event event;
  event.id = 7;
  event.time = kThen + std::chrono::hours(5);
  event.kind = model::EventKind::kNodeGone;
  event.cluster = "shop";
  event.group = "web";
  event.slot_key = "0";
  event.incarnation = 2;
  event.run_id = "run-5";
  event.message = "web[0] is gone";
  LogTextOptions options;
  options.now = kThen + std::chrono::hours(30);
  CheckGolden("blame.txt", BlameText(Trace(), {event}, options));
  const auto json = base::ParseJson(BlameJson(Trace(), {event}));
  REQUIRE(json);
  CheckGolden("blame.json", json->dump(1) + "\n");
}

TEST_CASE("what was made before the oldest version that is kept is known, not made") {
  ports::NodeTrace trace = Trace();
  trace.versions.pop_back();
  trace.oldest_serial = 4;
  const auto stories = NodeStories(trace, {});
  REQUIRE(stories.size() == 3);
  CHECK(stories[2].moments[0].what == Happening::kKnown);
  CHECK_FALSE(stories[2].moments[0].action);
}

TEST_CASE("an incarnation that never had an instance") {
  ports::NodeTrace trace = Trace();
  trace.versions = {Version(2, "apply shop: nothing done", {Row(1, NodePhase::kTombstone)},
                            R"({"actions":[)" + Action("create", "size_up", 1) + "]}")};
  const auto stories = NodeStories(trace, {});
  REQUIRE(stories.size() == 1);
  CHECK(stories[0].moments[0].what == Happening::kFailed);
  CHECK(stories[0].moments[0].cause == model::Reason::kSizeUp);
}

TEST_CASE("a plan that cannot be read says nothing") {
  for (const char* const text : {"", "{", "[]", R"({"actions":3})", R"({"actions":[{"kind":"x"}],"observed":[1]})"}) {
    CAPTURE(text);
    const model::NodePlan plan = model::ReadNodePlan(text, "web", {0, ""});
    CHECK(plan.actions.empty());
    CHECK(plan.observed.empty());
  }
}
