#include "state/intent_codec.h"

#include <catch2/catch.hpp>

#include "tests/contract/history_contract.h"

using namespace kadende;
using namespace kadende::tests;
using model::ClusterState;
using model::Intent;

namespace {

ClusterState WithRun() {
  ClusterState state = SampleCluster();
  state.cluster.run = model::Run{};
  state.cluster.run->id = "run-1";
  state.cluster.run->started_at = base::FromUnixMillis(1'763'800'000'000);
  return state;
}

Intent Create(const ClusterState& state, std::uint32_t ordinal) {
  Intent intent;
  intent.node = {"web", {ordinal, ""}};
  intent.incarnation = 2;
  intent.token = model::MakeToken(state.cluster.lineage, "web", {ordinal, ""}, 2);
  intent.revision = state.groups.at("web").record.revisions.front().id;
  intent.reason = model::Reason::kSizeUp;
  intent.written_at = state.cluster.run->started_at;
  intent.run_id = "run-1";
  return intent;
}

void Add(ClusterState* state, const Intent& intent) {
  state->intents.emplace(std::pair{intent.node, intent.incarnation}, intent);
}

std::string Fails(const std::string& text) {
  ClusterState state = WithRun();
  const auto read = state::DecodeIntents(text, &state);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == base::ErrorCode::kCorrupt);
  return read.error().message;
}

}  // namespace

TEST_CASE("an intent of the open run is a short line") {
  ClusterState state = WithRun();
  Add(&state, Create(state, 7));
  CHECK(state::EncodeIntents(state) ==
        R"({"kind":"create","group":"web","slot":7,"incarnation":2,"reason":"size_up","revision":")" +
            base::ToHex(state.groups.at("web").record.revisions.front().id).substr(0, 12) + "\"}\n");
}

TEST_CASE("whatever an intent says is read back") {
  ClusterState state = WithRun();
  Intent stray = Create(state, 9);
  stray.kind = model::IntentKind::kDestroy;
  stray.node = {"gone/\"group\"", {9, "lögical\n"}};
  stray.instance_id = "i-\\1";
  stray.reason = model::Reason::kStray;
  stray.written_at += base::Millis(1);
  stray.run_id = "run-0";
  stray.token.bytes.fill(7);
  stray.stray_provider = {"sim", "1.2", "https://example.org"};
  stray.secrets = std::string("\0\x01\xff", 3);
  stray.stray_scope_config = R"({"cloud":"a.db","n":[1,{"x":"}"}]})";
  Add(&state, stray);
  Add(&state, Create(state, 9));
  Intent without = Create(state, 10);
  without.revision = {};
  Add(&state, without);

  ClusterState read = state;
  read.intents.clear();
  const auto done = state::DecodeIntents(state::EncodeIntents(state), &read);
  if (!done) FAIL(done.error().message);
  REQUIRE(read.intents.size() == 3);
  const Intent& back = read.intents.at({stray.node, 2});
  CHECK(back.kind == stray.kind);
  CHECK(back.node == stray.node);
  CHECK(back.instance_id == stray.instance_id);
  CHECK(back.reason == stray.reason);
  CHECK(back.written_at == stray.written_at);
  CHECK(back.run_id == "run-0");
  CHECK(back.token == stray.token);
  CHECK(back.revision == stray.revision);
  CHECK(back.secrets == stray.secrets);
  CHECK(back.stray_provider.name == "sim");
  CHECK(back.stray_provider.version == "1.2");
  CHECK(back.stray_provider.url == "https://example.org");
  CHECK(back.stray_scope_config == stray.stray_scope_config);
  CHECK(read.intents.at({without.node, 2}).revision.IsZero());
  CHECK(state::EncodeIntents(read) == state::EncodeIntents(state));
}

TEST_CASE("keys of later versions are skipped, damage is named by its line") {
  ClusterState state = WithRun();
  CHECK(state::DecodeIntents(
      "{\"kind\":\"create\",\"group\":\"web\",\"slot\":1,\"incarnation\":1,\"new\":{\"a\":[1]}}\n", &state));
  CHECK(Fails("{\"kind\":\"create\"}\n") == "line 1: no incarnation");
  CHECK(Fails("{\"kind\":\"create\",\"incarnation\":1}") == "line 1: cut short, the last line has no end");
  CHECK(Fails("{\"kind\":\"make\",\"incarnation\":1}\n") == "line 1: bad value of \"kind\"");
  const std::string line = "{\"kind\":\"create\",\"group\":\"web\",\"slot\":1,\"incarnation\":1}\n";
  CHECK(Fails(line + line) == "line 2: a second intent of the same slot and incarnation");
  CHECK(Fails(line + "nonsense\n") == "line 2: not a JSON object");
}
