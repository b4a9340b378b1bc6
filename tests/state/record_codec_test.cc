#include "state/record_codec.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <random>

#include "engine/model/policy_json.h"
#include "state/group_codec.h"
#include "tests/contract/state_store_contract.h"

namespace kadende::state {
namespace {

using namespace model;

std::string ToHexText(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += {kDigits[static_cast<std::uint8_t>(c) >> 4], kDigits[static_cast<std::uint8_t>(c) & 15]};
  }
  return text;
}

std::string FromHexText(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

NodeRecord FullNode() {
  NodeRecord node = tests::SomeNode(0, 0, NodePhase::kLeaving);  // ordinal and incarnation are in the key
  node.slot.logical_id = "db-a";
  node.tainted = true;
  node.taint_reason = "disk is loud";
  node.address = "10.0.0.7:8080";
  node.attributes = R"({"zone":"a"})";
  return node;
}

Intent FullIntent() {
  Intent intent = tests::SomeIntent("", 0, 0);
  intent.node.slot.logical_id = "db-a";
  intent.kind = IntentKind::kDestroy;
  intent.revision = base::Sha256("r");
  intent.instance_id = "i-9";
  intent.reason = Reason::kReplaced;
  intent.stray_provider = {"sim", "1.2", "https://x"};
  intent.stray_scope_config = R"({"cloud":"c"})";
  return intent;
}

GroupRecord FullGroup() {
  GroupRecord group;
  group.current.size = 3;
  group.current.revision = base::Sha256("old");
  group.target = group.current;
  group.target.size = 2;
  group.target.logical_ids = {"a", "b"};
  group.target.policy.depends_on = {"data/db"};
  RevisionRecord revision;
  revision.id = base::Sha256("old");
  revision.provider = {"process", "latest", ""};
  revision.properties = R"({"command":"./db"})";
  revision.labels = {{"tier", "db"}, {"zone", "a"}};
  revision.scope_config = R"({"x":1})";
  revision.scope = "machine-1";
  group.revisions = {revision};
  group.incarnation_floor = 12;
  group.moved_to = "front";
  group.backoff = {3, base::FromUnixMillis(1'763'800'000'123), base::Sha256("old"), "no capacity"};
  group.holds = {{"2", "ann", "debugging", base::FromUnixMillis(1), base::FromUnixMillis(0)}};
  return group;
}

GroupRecord GroupThatHoldsDestroys() {
  GroupRecord group;
  group.destroy_backoff = {2, base::FromUnixMillis(1'763'800'000'123), {}, "not allowed"};
  return group;
}

GroupRecord BrakedGroup() {
  GroupRecord group = FullGroup();
  group.brakes = {
      {BrakeKind::kMaxUnhealthy, "3 of 4 live nodes are unhealthy, 40% (1) may be", base::FromUnixMillis(7)}};
  group.release = Release{"ann@host", base::FromUnixMillis(8), base::FromUnixMillis(3'600'008)};
  return group;
}

GroupRecord GroupThatForgot() {
  GroupRecord group = BrakedGroup();
  group.forgotten = {{{0, "a"}, 3, "i-7", "ann@host", base::FromUnixMillis(9)}, {{4, ""}, 1, "i-8", "", {}}};
  return group;
}

// Brakes that remember something, one with an end, and a hold that is limited.
GroupRecord GroupThatHeals() {
  GroupRecord group = GroupThatForgot();
  group.holds[0].only.Add(model::Process::kScaleIn);
  group.holds[0].only.Add(model::Process::kReplace);
  group.brakes.push_back({BrakeKind::kRate, "1 per 10m", base::FromUnixMillis(8), base::FromUnixMillis(600'008)});
  group.healing.rate_full_at = base::FromUnixMillis(600'008);
  group.healing.given_up = {{base::FromUnixMillis(1), 2}, {base::FromUnixMillis(60'001), 1}};
  group.healing.promised = {{3, 4}, {7, 1}};
  group.healing.troubles = {{2, base::Sha256("old"), 5, 3, base::FromUnixMillis(2), base::FromUnixMillis(3), "flaps"},
                            {4, base::Sha256("old"), 1, 1, base::FromUnixMillis(2), {}, ""}};
  group.healing.failing_since = base::FromUnixMillis(4);
  return group;
}

ClusterRecord FullCluster() {
  ClusterRecord cluster = tests::SomeCluster("", "shop");
  cluster.serial = 300;
  cluster.commit = "0123456789abcdef";
  cluster.spec_text.clear();
  cluster.run->plan.clear();
  cluster.run->plan_text.clear();
  return cluster;
}

template <class Record, class Encode>
std::string Bytes(const Record& record, Encode encode) {
  std::string bytes;
  encode(record, &bytes);
  return bytes;
}

// One record of each kind, with every field set, and bare ones.
std::map<std::string, std::string> Records() {
  std::map<std::string, std::string> records;
  records["node.full"] = Bytes(FullNode(), EncodeNode);
  records["node.tombstone"] = Bytes(NodeRecord{}, EncodeNode);
  records["intent.full"] = Bytes(FullIntent(), EncodeIntent);
  records["intent.bare"] = Bytes(Intent{}, EncodeIntent);
  records["group.full"] = Bytes(FullGroup(), EncodeGroup);
  records["cluster.full"] = Bytes(FullCluster(), EncodeCluster);
  records["cluster.bare"] = Bytes(ClusterRecord{}, EncodeCluster);
  EncodeEvent("lineage", tests::SomeEvent("web", "0", -5), &records["event.full"]);
  EncodeEvent("", Event{}, &records["event.bare"]);
  return records;
}

bool Decodes(const std::string& kind, std::string_view bytes) {
  if (kind == "node") return DecodeNode(bytes, std::make_unique<NodeRecord>().get());
  if (kind == "intent") return DecodeIntent(bytes, std::make_unique<Intent>().get());
  if (kind == "group") return DecodeGroup(bytes, std::make_unique<GroupRecord>().get());
  if (kind == "cluster") return DecodeCluster(bytes, std::make_unique<ClusterRecord>().get());
  std::string lineage;
  return DecodeEvent(bytes, &lineage, std::make_unique<Event>().get());
}

std::string KindOf(const std::string& name) {
  return name.substr(0, name.find('.'));
}

// What is decoded and dumped, for comparison with what was put in.
std::string DumpOf(const std::map<std::string, std::string>& records) {
  ClusterState state;
  GroupState& group = state.groups["g"];
  CHECK(DecodeNode(records.at("node.full"), &group.nodes[{0, 0}]));
  CHECK(DecodeNode(records.at("node.tombstone"), &group.nodes[{1, 0}]));
  CHECK(DecodeIntent(records.at("intent.full"), &state.intents[{NodeAddress{"", Slot{0, "db-a"}}, 0}]));
  CHECK(DecodeIntent(records.at("intent.bare"), &state.intents[{NodeAddress{}, 1}]));
  CHECK(DecodeGroup(records.at("group.full"), &group.record));
  CHECK(DecodeCluster(records.at("cluster.full"), &state.cluster));
  return tests::Dump(state);
}

std::string DumpOfOriginals() {
  ClusterState state;
  GroupState& group = state.groups["g"];
  group.nodes[{0, 0}] = FullNode();
  group.nodes[{1, 0}] = NodeRecord{};
  state.intents[{NodeAddress{"", Slot{0, "db-a"}}, 0}] = FullIntent();
  state.intents[{NodeAddress{}, 1}] = Intent{};
  group.record = FullGroup();
  state.cluster = FullCluster();
  return tests::Dump(state);
}

std::map<std::string, std::string> ReadFixture(const std::string& name) {
  std::map<std::string, std::string> records;
  std::ifstream file(std::string(STATE_FIXTURES) + "/" + name);
  for (std::string line; std::getline(file, line);) {
    const auto space = line.find(' ');
    if (line.empty() || line[0] == '#' || space == std::string::npos) continue;
    records[line.substr(0, space)] = FromHexText(line.substr(space + 1));
  }
  return records;
}

}  // namespace

TEST_CASE("records read back as they were written") {
  CHECK(DumpOf(Records()) == DumpOfOriginals());
}

TEST_CASE("records of version 1 stay readable") {
  const auto fixture = ReadFixture("records_v1.txt");
  REQUIRE(fixture.size() == 9);
  CHECK(DumpOf(fixture) == DumpOfOriginals());
  std::string lineage;
  Event event;
  REQUIRE(DecodeEvent(fixture.at("event.full"), &lineage, &event));
  CHECK(lineage == "lineage");
  CHECK(event.message == "web[0] was created");
  CHECK(event.time == base::FromUnixMillis(-5));
}

TEST_CASE("version 1 is still what is written") {
  const auto fixture = ReadFixture("records_v1.txt");
  for (const auto& [name, bytes] : Records()) {
    if (KindOf(name) == "group") continue;  // has JSON inside, which gains keys
    // A difference: a new layout needs a new version (FORMAT.md), and this list as a fixture of its own.
    INFO(name << ' ' << ToHexText(bytes));
    CHECK((fixture.count(name) == 1 && fixture.at(name) == bytes));
  }
}

TEST_CASE("a group that holds destroys back is a record of version 2") {
  const std::string bytes = Bytes(GroupThatHoldsDestroys(), EncodeGroup);
  CHECK(bytes[0] == 2);
  GroupRecord read;
  for (const std::string& record : {bytes, ReadFixture("records_v2.txt").at("group.holds_destroys")}) {
    REQUIRE(DecodeGroup(record, &read));
    CHECK(read.destroy_backoff == GroupThatHoldsDestroys().destroy_backoff);
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(DecodeGroup(std::string_view(bytes).substr(0, size), &read));
  }
}

TEST_CASE("a group with a brake or a release is a record of version 3") {
  const std::string bytes = Bytes(BrakedGroup(), EncodeGroup);
  INFO(ToHexText(bytes));
  CHECK(bytes[0] == 3);
  GroupRecord read;
  for (const std::string& record : {bytes, ReadFixture("records_v3.txt").at("group.braked")}) {
    REQUIRE(DecodeGroup(record, &read));
    CHECK(read.brakes == BrakedGroup().brakes);
    CHECK(read.release == BrakedGroup().release);
    CHECK(read.holds == BrakedGroup().holds);
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(DecodeGroup(std::string_view(bytes).substr(0, size), &read));
  }
  REQUIRE(DecodeGroup(Bytes(FullGroup(), EncodeGroup), &read));
  CHECK(read.brakes.empty());
  CHECK_FALSE(read.release);
}

TEST_CASE("a group with forgotten instances is a record of version 4") {
  const std::string bytes = Bytes(GroupThatForgot(), EncodeGroup);
  INFO(ToHexText(bytes));
  CHECK(bytes[0] == 4);
  GroupRecord read;
  for (const std::string& record : {bytes, ReadFixture("records_v4.txt").at("group.forgot")}) {
    REQUIRE(DecodeGroup(record, &read));
    CHECK(read.forgotten == GroupThatForgot().forgotten);
    CHECK(read.brakes == GroupThatForgot().brakes);
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(DecodeGroup(std::string_view(bytes).substr(0, size), &read));
  }
  REQUIRE(DecodeGroup(Bytes(BrakedGroup(), EncodeGroup), &read));
  CHECK(read.forgotten.empty());
}

TEST_CASE("a group whose brakes remember something is a record of version 5") {
  const std::string bytes = Bytes(GroupThatHeals(), EncodeGroup);
  INFO(ToHexText(bytes));
  CHECK(bytes[0] == 5);
  GroupRecord read;
  for (const std::string& record : {bytes, ReadFixture("records_v5.txt").at("group.heals")}) {
    REQUIRE(DecodeGroup(record, &read));
    CHECK(read.healing == GroupThatHeals().healing);
    CHECK(read.brakes == GroupThatHeals().brakes);
    CHECK(read.holds == GroupThatHeals().holds);
    CHECK(read.forgotten == GroupThatHeals().forgotten);
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(DecodeGroup(std::string_view(bytes).substr(0, size), &read));
  }
  REQUIRE(DecodeGroup(Bytes(GroupThatForgot(), EncodeGroup), &read));
  CHECK(read.healing == model::GroupHealing{});
  CHECK(read.holds[0].only.empty());
}

TEST_CASE("a group whose rollout is remembered is a record of version 6") {
  GroupRecord rolls = GroupThatHeals();
  model::Rollout rollout;
  rollout.revision = base::Sha256("b");
  rollout.stop = model::RolloutStop::kCheckpoint;
  rollout.why = "1 node of 4 is new";
  rollout.actor = "ann@host";
  rollout.since = rollout.stopped_at = rollout.progress_at = base::FromUnixMillis(1'800'000'000'000);
  rollout.until = rollout.since + std::chrono::hours(1);
  rollout.passed = 1;
  rollout.back = true;
  rolls.rollout = rollout;
  const std::string bytes = Bytes(rolls, EncodeGroup);
  INFO(ToHexText(bytes));
  CHECK(bytes[0] == 6);
  GroupRecord read;
  REQUIRE(DecodeGroup(bytes, &read));
  CHECK(read.rollout == rollout);
  CHECK(read.healing == rolls.healing);
  const auto records = ReadFixture("records_v6.txt");
  REQUIRE(DecodeGroup(records.at("group.rolls"), &read));
  CHECK(read.rollout == rollout);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(DecodeGroup(std::string_view(bytes).substr(0, size), &read));
  }
  REQUIRE(DecodeGroup(Bytes(GroupThatHeals(), EncodeGroup), &read));
  CHECK_FALSE(read.rollout);
}

TEST_CASE("a node or an intent with marks of secrets is a record of version 2") {
  NodeRecord node = FullNode();
  node.secrets = std::string("\x01\x02\x03\x04\x05\x06\x07\x08", 8);
  Intent intent = FullIntent();
  intent.secrets = node.secrets;
  const std::string node_bytes = Bytes(node, EncodeNode);
  const std::string intent_bytes = Bytes(intent, EncodeIntent);
  INFO(ToHexText(node_bytes) << '\n' << ToHexText(intent_bytes));
  CHECK(node_bytes[0] == 2);
  CHECK(intent_bytes[0] == 2);
  const auto fixture = ReadFixture("records_v2.txt");
  for (const std::string& bytes : {node_bytes, fixture.at("node.marked")}) {
    NodeRecord read;
    REQUIRE(DecodeNode(bytes, &read));
    CHECK(read.secrets == node.secrets);
    CHECK(read.taint_reason == node.taint_reason);
    CHECK_FALSE(DecodeNode(std::string_view(bytes).substr(0, bytes.size() - 1), &read));
    REQUIRE(DecodeNode(Bytes(FullNode(), EncodeNode), &read));
    CHECK(read.secrets.empty());
  }
  for (const std::string& bytes : {intent_bytes, fixture.at("intent.marked")}) {
    Intent read;
    REQUIRE(DecodeIntent(bytes, &read));
    CHECK(read.secrets == intent.secrets);
    CHECK_FALSE(DecodeIntent(std::string_view(bytes).substr(0, bytes.size() - 1), &read));
    REQUIRE(DecodeIntent(Bytes(FullIntent(), EncodeIntent), &read));
    CHECK(read.secrets.empty());
  }
}

TEST_CASE("a cluster with pins of plugins is a record of version 2") {
  ClusterRecord cluster = FullCluster();
  cluster.plugins = {
      {"alpha", "1.2", "https://h/{os}/p", {{"linux_amd64", base::Sha256("a")}, {"linux_arm64", base::Sha256("b")}}},
      {"zeta", "latest", "", {{"any", base::Sha256("z")}}}};
  const std::string bytes = Bytes(cluster, EncodeCluster);
  INFO(ToHexText(bytes));
  CHECK(bytes[0] == 2);
  ClusterRecord read;
  for (const std::string& record : {bytes, ReadFixture("records_v2.txt").at("cluster.pinned")}) {
    REQUIRE(DecodeCluster(record, &read));
    CHECK(read.plugins == cluster.plugins);
    CHECK(read.run->subject == cluster.run->subject);
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(DecodeCluster(std::string_view(bytes).substr(0, size), &read));
  }
  REQUIRE(DecodeCluster(Bytes(FullCluster(), EncodeCluster), &read));
  CHECK(read.plugins.empty());
}

TEST_CASE("every kind of event and every reason that has a name can be stored") {
  int kinds = 0;
  for (int number = 0; number < 256; ++number) {
    Event event;
    event.kind = static_cast<EventKind>(number);
    if (ParseEventKind(EventKindName(event.kind)) != event.kind) continue;
    ++kinds;
    event.reason = static_cast<Reason>(number);
    if (ParseReason(ReasonName(*event.reason)) != event.reason) event.reason.reset();
    std::string bytes;
    std::string lineage;
    EncodeEvent("l", event, &bytes);
    INFO(number);
    CHECK(DecodeEvent(bytes, &lineage, &event));
  }
  CHECK(kinds >= 32);
}

TEST_CASE("a usual node takes about a hundred bytes") {
  NodeRecord node = tests::SomeNode(99'999, 1);
  node.address = "10.0.120.7";
  CHECK(Bytes(node, EncodeNode).size() <= 105);
}

TEST_CASE("every cut of a record is refused") {
  for (const auto& [name, bytes] : Records()) {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      INFO(name << " cut to " << size);
      CHECK_FALSE(Decodes(KindOf(name), std::string_view(bytes).substr(0, size)));
    }
    CHECK_FALSE(Decodes(KindOf(name), bytes + "x"));
  }
}

TEST_CASE("a newer record version is refused") {
  for (auto [name, bytes] : Records()) {
    bytes[0] = kGroupVersion + 1;
    CHECK_FALSE(Decodes(KindOf(name), bytes));
  }
}

TEST_CASE("damaged records are read or refused, never worse") {
  std::mt19937 random(11);
  for (const auto& [name, bytes] : Records()) {
    for (int round = 0; round < 2000; ++round) {
      std::string damaged = bytes;
      for (std::uint32_t left = 1 + static_cast<std::uint32_t>(random() % 4); left > 0; --left) {
        damaged[random() % damaged.size()] = static_cast<char>(random());
      }
      (void)Decodes(KindOf(name), damaged);
    }
  }
  SUCCEED("sanitizers watch");
}

}  // namespace kadende::state
