#include "tests/contract/history_contract.h"

#include <catch2/catch.hpp>
#include <sstream>
#include <utility>

#include "engine/base/digest.h"
#include "engine/model/identity.h"
#include "engine/model/policy_json.h"

namespace kadende::tests {
namespace {

using base::ErrorCode;
using model::ClusterState;

ports::PublishRequest Request(const ClusterState& state, std::string subject = "apply shop: +1") {
  ports::PublishRequest request;
  request.state = &state;
  request.time = base::FromUnixMillis(1'763'800'000'000);
  request.subject = std::move(subject);
  request.body = "Plan: 1 to add, 0 to change, 0 to destroy.\n\n  # web[0] will be created";
  request.actor = "ann@host";
  request.plan = "{\"format\":1}";
  return request;
}

ports::PublishResult Publish(ports::History& history, ClusterState* state,
                             const std::string& subject = "apply shop: +1") {
  const auto result = history.Publish(Request(*state, subject));
  if (!result) FAIL(result.error().message);
  MarkPublished(state, *result);
  return *result;
}

void Touch(ClusterState* state, std::uint32_t ordinal, const std::string& address) {
  model::NodeRecord node = SampleNode(*state, "web", ordinal, 1);
  node.address = address;
  state->Apply(model::NodeChanged{"web", node});
}

void CheckPublish(const HistoryFixtureFactory& make) {
  const auto fixture = make();
  const auto history = fixture->Make();
  ClusterState state = SampleCluster();

  SECTION("what was published is read back, by another object") {
    const auto result = Publish(*history, &state);
    CHECK(result.serial == 1);
    const auto read = fixture->Make()->Read("shop", "HEAD");
    REQUIRE(read);
    CHECK(Dump(read->state) == Dump(state));
    CHECK(read->plan == "{\"format\":1}");
    CHECK(read->state.intents.empty());
    CHECK_FALSE(read->state.cluster.run);
    CHECK(read->state.IsPublished());
  }
  SECTION("the commit says who, what and for which specification") {
    const auto result = Publish(*history, &state);
    const auto tip = history->Tip("shop");
    REQUIRE(tip);
    REQUIRE(*tip);
    const ports::CommitSummary& summary = **tip;
    CHECK(summary.id == result.commit);
    CHECK(summary.serial == 1);
    CHECK(summary.subject == "apply shop: +1");
    CHECK(summary.body == "Plan: 1 to add, 0 to change, 0 to destroy.\n\n  # web[0] will be created");
    CHECK(summary.actor == "ann@host");
    CHECK(summary.lineage == state.cluster.lineage);
    CHECK(summary.spec_hash == base::ToHex(state.cluster.spec_hash));
    CHECK(summary.time == base::FromUnixMillis(1'763'800'000'000));
  }
  SECTION("the same state again makes no commit") {
    const auto first = Publish(*history, &state);
    const auto second = Publish(*history, &state);
    CHECK(second.commit == first.commit);
    CHECK(second.serial == first.serial);
  }
  SECTION("the same input gives the same commit, elsewhere too") {
    const auto first = Publish(*history, &state);
    const auto elsewhere = make();
    ClusterState again = SampleCluster();
    CHECK(Publish(*elsewhere->Make(), &again).commit == first.commit);
  }
  SECTION("only dirty rows are taken from state") {
    Publish(*history, &state);
    const std::string before = Dump(state);
    ClusterState other = state;
    other.groups.at("web").nodes.begin()->second.address = "not marked dirty";
    Touch(&other, 200, "10.0.0.9");
    const auto result = Publish(*history, &other);
    Touch(&state, 200, "10.0.0.9");
    MarkPublished(&state, result);
    CHECK(Dump(history->Read("shop", "HEAD")->state) == Dump(state));
    CHECK(Dump(history->Read("shop", "1")->state) == before);
  }
  SECTION("a removed group and a chunk without rows vanish") {
    Publish(*history, &state);
    state.groups.erase("data/db");
    state.dirty_groups.insert("data/db");
    auto& nodes = state.groups.at("web").nodes;
    nodes.erase(nodes.lower_bound({128, 0}), nodes.end());
    for (const std::uint32_t chunk : {1U, 2U}) state.dirty_chunks.insert({"web", chunk});
    Publish(*history, &state);
    CHECK(Dump(history->Read("shop", "HEAD")->state) == Dump(state));
  }
}

void CheckConflicts(const HistoryFixtureFactory& make) {
  const auto fixture = make();
  const auto history = fixture->Make();
  ClusterState state = SampleCluster();

  SECTION("a state that is behind the branch is refused, naming both commits") {
    ClusterState behind = state;
    const auto first = Publish(*history, &state);
    MarkPublished(&behind, first);
    Touch(&state, 3, "10.0.0.1");
    const auto second = Publish(*history, &state);
    Touch(&behind, 4, "10.0.0.2");
    const auto refused = history->Publish(Request(behind));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::kConflict);
    CHECK(refused.error().message.find(first.commit) != std::string::npos);
    CHECK(refused.error().message.find(second.commit) != std::string::npos);
    CHECK(history->Tip("shop")->value().id == second.commit);
  }
  SECTION("a new state under the name of a cluster with live nodes is refused") {
    Publish(*history, &state);
    ClusterState other = SampleCluster();
    other.cluster.lineage = model::NewLineage();
    const auto refused = history->Publish(Request(other));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::kConflict);
  }
  SECTION("a new cluster under the name of one that has no nodes left continues the line") {
    state.groups.clear();
    const auto old = Publish(*history, &state);
    ClusterState other = SampleCluster();
    other.cluster.lineage = model::NewLineage();
    const auto result = Publish(*history, &other);
    CHECK(result.serial == old.serial + 1);
    CHECK(Dump(history->Read("shop", "HEAD")->state) == Dump(other));
  }
  SECTION("the first commit of a new cluster on an old line is found by the run, or by its content") {
    state.groups.clear();
    const auto old = Publish(*history, &state);
    ClusterState other = SampleCluster();
    other.cluster.lineage = model::NewLineage();
    if (GENERATE(true, false)) {
      other.cluster.run = model::Run{};
      other.cluster.run->id = "run-1";
    }
    const auto first = history->Publish(Request(other));
    REQUIRE(first);
    const auto again = history->Publish(Request(other));  // killed before the store heard of it
    REQUIRE(again);
    CHECK(again->commit == first->commit);
    CHECK(again->serial == old.serial + 1);
    MarkPublished(&other, *again);
    Touch(&other, 3, "10.0.0.1");
    CHECK(Publish(*history, &other).serial == old.serial + 2);
    // A state that knows nothing of either commit is still behind.
    ClusterState third = SampleCluster();
    third.cluster.lineage = other.cluster.lineage;
    Touch(&third, 4, "10.0.0.2");
    CHECK(history->Publish(Request(third)).error().code == ErrorCode::kConflict);
  }
  SECTION("a run that was killed before the store heard of its commit goes on from that commit") {
    state.cluster.run = model::Run{};
    state.cluster.run->id = "run-1";
    ClusterState killed = state;
    const auto first = history->Publish(Request(state));
    REQUIRE(first);
    CHECK(Publish(*history, &killed).commit == first->commit);
    // Also where settling changed something before publishing again.
    ClusterState settled = state;
    Touch(&settled, 5, "10.0.0.5");
    const auto second = history->Publish(Request(settled));
    REQUIRE(second);
    CHECK(second->serial == 2);
    // Cut off once more: the store still names what was before the first of them.
    Touch(&settled, 6, "10.0.0.6");
    const auto third = history->Publish(Request(settled));
    REQUIRE(third);
    CHECK(third->serial == 3);
    MarkPublished(&settled, *third);
    CHECK(Dump(history->Read("shop", "HEAD")->state) == Dump(settled));
  }
  SECTION(
      "the commit of a killed run is found by a later run, too, where the history could not be written in between") {
    Publish(*history, &state);
    Touch(&state, 3, "10.0.0.3");
    const ClusterState restored = state;  // a copy of the store from before the killed run
    state.Apply(model::NodeCreated{"web", SampleNode(state, "web", 900, 1)});
    state.cluster.run = model::Run{};
    state.cluster.run->id = "run-1";
    REQUIRE(history->Publish(Request(state)));  // the store hears nothing of it
    ClusterState later = state;
    later.cluster.run->id = "run-2";
    Touch(&later, 5, "10.0.0.5");
    const auto next = Publish(*history, &later);
    CHECK(next.serial == 3);
    CHECK(Dump(history->Read("shop", "HEAD")->state) == Dump(later));
    // One that does not know the machine, or would not write what the killed run wrote, is behind.
    for (const bool knows : {false, true}) {
      ClusterState behind = knows ? state : restored;
      behind.cluster.run = model::Run{};
      behind.cluster.run->id = "run-3";
      if (knows) behind.dirty_chunks.clear();
      Touch(&behind, 5, "10.0.0.6");
      CHECK(history->Publish(Request(behind)).error().code == ErrorCode::kConflict);
    }
  }
}

void CheckReading(const HistoryFixtureFactory& make) {
  const auto fixture = make();
  const auto history = fixture->Make();
  ClusterState state = SampleCluster();

  SECTION("a cluster that was never published") {
    CHECK(history->Names()->empty());
    CHECK_FALSE(history->Tip("shop")->has_value());
    CHECK(history->Log("shop", 10)->empty());
    const auto read = history->Read("shop", "HEAD");
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ErrorCode::kNotFound);
    CHECK(read.error().message == "shop was never published");
  }
  SECTION("revisions: serial, HEAD, HEAD~N, id and prefix") {
    const auto first = Publish(*history, &state);
    for (std::uint32_t i = 0; i < 3; ++i) {
      Touch(&state, 3, "10.0.1." + std::to_string(i));
      Publish(*history, &state, "apply shop: ~" + std::to_string(i));
    }
    for (const std::string& revision :
         {std::string("1"), std::string("HEAD~3"), first.commit, first.commit.substr(0, 10)}) {
      CAPTURE(revision);
      const auto read = history->Read("shop", revision);
      REQUIRE(read);
      CHECK(read->commit.id == first.commit);
      CHECK(read->state.cluster.serial == 1);
      CHECK(read->state.cluster.commit == first.commit);
    }
    CHECK(history->Read("shop", "HEAD")->commit.serial == 4);
    CHECK(history->Read("shop", "HEAD~")->commit.serial == 3);
    for (const char* const revision : {"5", "0", "HEAD~4", "ffff", "HEAD~x", "main", "HEADx"}) {
      CAPTURE(revision);
      const auto read = history->Read("shop", revision);
      REQUIRE_FALSE(read);
      CHECK(read.error().code == ErrorCode::kNotFound);
      CHECK(read.error().message.find("there are serials 1 to 4") != std::string::npos);
    }
    const auto log = history->Log("shop", 2);
    REQUIRE(log);
    REQUIRE(log->size() == 2);
    CHECK(log->front().subject == "apply shop: ~2");
    CHECK(history->Log("shop", 0)->size() == 4);
  }
  SECTION("several clusters, each with its own line") {
    ClusterState other = SampleCluster("api");
    Publish(*history, &state);
    Publish(*history, &other);
    CHECK(*history->Names() == std::vector<std::string>{"api", "shop"});
    CHECK(history->Read("api", "HEAD")->commit.serial == 1);
  }
  SECTION("a renamed cluster continues its line") {
    const auto first = Publish(*history, &state);
    REQUIRE(history->Rename("shop", "store"));
    REQUIRE(history->Rename("shop", "store"));  // again, as after a crash
    CHECK(*history->Names() == std::vector<std::string>{"store"});
    state.cluster.name = "store";
    state.dirty_cluster = true;
    const auto second = Publish(*history, &state);
    CHECK(second.serial == 2);
    CHECK(history->Read("store", "HEAD~1")->commit.id == first.commit);
    ClusterState other = SampleCluster("api");
    Publish(*history, &other);
    CHECK(history->Rename("api", "store").error().code == ErrorCode::kConflict);
    CHECK(history->Rename("nothing", "new").error().code == ErrorCode::kNotFound);
  }
}

model::RevisionRecord Revision(const std::string& image) {
  model::RevisionRecord revision;
  revision.provider = {"sim", "latest", ""};
  revision.properties = R"({"args":["--port","${9100 + node.ordinal}"],"image":")" + image + R"(","ratio":0.5})";
  revision.labels = {{"tier", "web"}};
  revision.scope_config = R"({"cloud":"a.db"})";
  revision.scope = "sim:a.db";
  revision.id = base::Sha256(revision.properties);
  return revision;
}

}  // namespace

void CheckHistoryContract(const HistoryFixtureFactory& make_fixture) {
  CheckPublish(make_fixture);
  CheckConflicts(make_fixture);
  CheckReading(make_fixture);
}

model::NodeRecord SampleNode(const ClusterState& state, const std::string& group, std::uint32_t ordinal,
                             std::uint32_t incarnation) {
  model::NodeRecord node;
  node.slot.ordinal = ordinal;
  if (group == "data/db") node.slot.logical_id = std::string(1, static_cast<char>('a' + ordinal));
  node.incarnation = incarnation;
  node.phase = model::NodePhase::kLive;
  node.token = model::MakeToken(state.cluster.lineage, group, node.slot, incarnation);
  node.revision = state.groups.at(group).record.current.revision;
  node.instance_id = "i-" + base::ToHex(node.token).substr(0, 12);
  node.address = "10.0.0." + std::to_string(ordinal % 250);
  node.attributes = R"({"pid":12,"text":"a \"quoted\" } thing"})";
  node.created_at = base::FromUnixMillis(1'763'800'000'123 + ordinal);
  return node;
}

model::ClusterState SampleCluster(const std::string& name) {
  ClusterState state;
  state.cluster.lineage = "abcdefghijklmnopqrstuvwxy2";
  state.cluster.id = "0f1e";
  state.cluster.name = name;
  state.cluster.version = "0.0.1";
  state.cluster.spec_text = "version: \"0.0.1\"\nname: " + name + "\n";
  state.cluster.spec_hash = base::Sha256(state.cluster.spec_text);
  state.cluster.variables = {{"count", "3"}, {"image", "\"nginx\""}, {"on", "true"}};
  for (const std::string path : {"web", "data/db"}) {
    model::GroupRecord record;
    record.path = path;
    record.revisions = {Revision("a"), Revision("b")};
    if (record.revisions[1].id < record.revisions[0].id) std::swap(record.revisions[0], record.revisions[1]);
    record.current.size = 3;
    record.current.revision = record.revisions[0].id;
    if (path == "data/db") record.current.logical_ids = {"a", "b", "c"};
    record.target = record.current;
    record.incarnation_floor = 2;
    state.Apply(model::GroupRecorded{record});
    for (std::uint32_t i = 0; i < 3; ++i) state.Apply(model::NodeCreated{path, SampleNode(state, path, i, 1)});
  }
  model::GroupRecord web = state.groups.at("web").record;
  web.target.size = 5;
  web.target.revision = web.revisions[1].id;
  web.backoff = {3, base::FromUnixMillis(1'763'800'020'000), web.target.revision, "quota: \"none left\""};
  web.holds = {{"1", "ann", "debugging", base::FromUnixMillis(1'763'800'000'000), {}}};
  web.forgotten = {{{1, ""}, 1, "i-41", "ann", base::FromUnixMillis(1'763'800'000'000)},
                   {{3, "c"}, 2, "i-42", "bob", {}}};
  state.Apply(model::GroupRecorded{web});
  for (const std::uint32_t ordinal : {200U, 300U}) {
    state.Apply(model::NodeCreated{"web", SampleNode(state, "web", ordinal, 4)});
  }
  model::NodeRecord tainted = SampleNode(state, "web", 2, 1);
  tainted.tainted = true;
  tainted.secrets = std::string("\0\x01\xfe\xff\0\0\0\0", 8);
  tainted.taint_reason = "disk \"sda\"\n\tfailing \xF0\x9F\x94\xA5";
  state.Apply(model::NodeChanged{"web", tainted});
  model::NodeRecord leaving = SampleNode(state, "web", 0, 1);
  leaving.phase = model::NodePhase::kLeaving;
  state.Apply(model::NodeChanged{"web", leaving});
  state.Apply(model::NodeCreated{"web", SampleNode(state, "web", 0, 2)});
  state.Apply(model::NodeGone{"web", {1, {}}, 1, base::FromUnixMillis(1'763'800'001'000)});
  state.dirty_cluster = true;
  return state;
}

std::string Dump(const ClusterState& state) {
  std::ostringstream out;
  const model::ClusterRecord& cluster = state.cluster;
  out << cluster.lineage << ' ' << cluster.id << ' ' << cluster.name << ' ' << cluster.version << ' ' << cluster.serial
      << ' ' << cluster.commit << '\n'
      << cluster.spec_text << base::ToHex(cluster.spec_hash) << '\n';
  for (const auto& [name, value] : cluster.variables) out << name << '=' << value << '\n';
  for (const auto& [path, group] : state.groups) {
    const model::GroupRecord& record = group.record;
    out << "group " << path << ' ' << record.path << ' ' << record.incarnation_floor << ' ' << record.moved_to << '\n'
        << model::TargetToJson(record.current) << '\n'
        << model::TargetToJson(record.target) << '\n';
    for (const auto& revision : record.revisions) {
      out << "revision " << base::ToHex(revision.id) << ' ' << revision.provider.name << ' '
          << revision.provider.version << ' ' << revision.provider.url << ' ' << revision.properties << ' '
          << revision.scope_config << ' ' << revision.scope;
      for (const auto& [key, value] : revision.labels) out << ' ' << key << '=' << value;
      out << '\n';
    }
    const model::CreateBackoff& backoff = record.backoff;
    out << "backoff " << backoff.failures << ' ' << base::ToUnixMillis(backoff.next_at) << ' '
        << base::ToHex(backoff.revision) << ' ' << backoff.last_error << '\n';
    for (const auto& hold : record.holds) {
      out << "hold " << hold.slot_key << ' ' << hold.owner << ' ' << hold.reason << ' '
          << base::ToUnixMillis(hold.since) << ' ' << base::ToUnixMillis(hold.until) << '\n';
    }
    for (const auto& forgotten : record.forgotten) {
      out << "forgotten " << forgotten.slot.Key() << ' ' << forgotten.slot.ordinal << '.' << forgotten.incarnation
          << ' ' << forgotten.instance_id << ' ' << forgotten.actor << ' ' << base::ToUnixMillis(forgotten.at) << '\n';
    }
    for (const auto& [key, node] : group.nodes) {
      out << key.ordinal << '/' << key.incarnation << ' ' << node.slot.ordinal << '/' << node.slot.logical_id << ' '
          << node.incarnation << ' ' << static_cast<int>(node.phase) << node.tainted << ' ' << base::ToHex(node.token)
          << ' ' << base::ToHex(node.revision) << ' ' << node.instance_id << ' ' << node.address << ' '
          << node.attributes << ' ' << node.taint_reason << ' ' << base::ToUnixMillis(node.created_at) << ' '
          << base::ToHex(node.secrets) << '\n';
    }
  }
  return out.str();
}

void MarkPublished(ClusterState* state, const ports::PublishResult& result) {
  state->Apply(model::Published{result.serial, result.commit});
}

}  // namespace kadende::tests
