#include "state/chunk_codec.h"

#include <catch2/catch.hpp>

#include "engine/base/digest.h"
#include "tests/contract/history_contract.h"

using namespace kadende;

namespace {

model::RevisionRecord WithId(std::uint8_t first, std::uint8_t last) {
  model::RevisionRecord revision;
  revision.id.bytes.fill(first);
  revision.id.bytes.back() = last;
  return revision;
}

std::string Error(const std::string& text) {
  model::GroupState group;
  const auto read = state::DecodeChunk(text, state::RevisionNames({}), &group);
  return read ? "read" : read.error().message;
}

}  // namespace

TEST_CASE("a node is one readable line") {
  model::NodeRecord node;
  node.slot.ordinal = 3;
  node.incarnation = 1;
  node.phase = model::NodePhase::kLive;
  node.revision = WithId(0xab, 1).id;
  node.instance_id = "i-1";
  node.address = "10.0.0.3";
  node.created_at = base::FromUnixMillis(1'763'800'000'123);
  std::string line;
  state::AppendNodeLine(node, state::RevisionNames({WithId(0xab, 1)}), &line);
  CHECK(line == R"({"slot":3,"incarnation":1,"phase":"live","revision":"abababababab","instance":"i-1",)"
                R"("address":"10.0.0.3","created":"2025-11-22T08:26:40.123Z"})"
                "\n");
  node = {};
  node.slot = {0, "a"};
  node.incarnation = 7;
  node.created_at = base::FromUnixMillis(1'763'800'000'000);
  line.clear();
  state::AppendNodeLine(node, state::RevisionNames({}), &line);
  CHECK(line == R"({"slot":0,"id":"a","incarnation":7,"phase":"tombstone","gone":"2025-11-22T08:26:40.000Z"})"
                "\n");
}

TEST_CASE("a chunk holds the rows of its slots and no others") {
  const model::ClusterState cluster = tests::SampleCluster();
  const auto& group = cluster.groups.at("web");
  const state::RevisionNames names(group.record.revisions);
  model::GroupState read;
  for (const std::uint32_t chunk : {0U, 1U, 2U}) {
    const std::string text = state::EncodeChunk(group, chunk, names);
    const auto decoded = state::DecodeChunk(text, names, &read);
    REQUIRE(decoded);
  }
  CHECK(read.nodes.size() == group.nodes.size());
  CHECK(state::EncodeChunk(group, 3, names).empty());
  CHECK(state::EncodeChunk(read, 0, names) == state::EncodeChunk(group, 0, names));
}

TEST_CASE("revisions that share twelve digits are written whole") {
  const auto one = WithId(0xcd, 1);
  const auto two = WithId(0xcd, 2);
  const state::RevisionNames names({one, two});
  CHECK(names.ambiguous());
  CHECK(names.NameOf(one.id) == base::ToHex(one.id));
  CHECK(names.Find(base::ToHex(two.id)) == two.id);
  CHECK_FALSE(names.Find("cdcdcdcdcdcd"));
  CHECK_FALSE(state::RevisionNames({one}).ambiguous());
  CHECK(state::RevisionNames({one}).Find("cdcdcdcdcdcd") == one.id);
}

TEST_CASE("keys of a newer version are skipped, in any order") {
  model::GroupState group;
  const auto read = state::DecodeChunk(
      "{\"future\":{\"a\":[1,\"]}\"]},\"incarnation\":2,\"n\":-1.5e3,\"slot\":4,\"phase\":\"live\",\"x\":null}\n",
      state::RevisionNames({}), &group);
  REQUIRE(read);
  CHECK(group.nodes.at({4, 2}).phase == model::NodePhase::kLive);
}

TEST_CASE("what is wrong with a line is said with its number") {
  const std::string good = "{\"slot\":1,\"incarnation\":1,\"phase\":\"live\"}\n";
  CHECK(Error(good + "{\"slot\":1") == "line 2: cut short, the last line has no end");
  CHECK(Error(good + good) == "line 2: a second row of the same slot and incarnation");
  CHECK(Error("{\"slot\":-1}\n") == "line 1: bad value of \"slot\"");
  CHECK(Error("{\"slot\":99999999999}\n") == "line 1: bad value of \"slot\"");
  CHECK(Error("{\"phase\":\"dead\"}\n") == "line 1: bad value of \"phase\"");
  CHECK(Error("{\"revision\":\"abcabcabcabc\"}\n") == "line 1: bad value of \"revision\"");
  CHECK(Error("{\"token\":\"short\"}\n") == "line 1: bad value of \"token\"");
  CHECK(Error("{\"slot\":1}\n") == "line 1: no incarnation");
  CHECK(Error("<<<<<<< HEAD\n") == "line 1: not a JSON object");
  CHECK(Error("{\"slot\":1,\"incarnation\":1} \n") == "line 1: not a JSON object");
  CHECK(Error("{\"a\":[1,2\n") == "line 1: bad value of \"a\"");
  CHECK(Error("{\"a\":\"\\\n").substr(0, 6) == "line 1");
  CHECK(Error("\n") == "line 1: not a JSON object");
}
