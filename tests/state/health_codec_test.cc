#include "state/health_codec.h"

#include <catch2/catch.hpp>
#include <random>

#include "tests/contract/health_store_contract.h"

namespace kadende::state {
namespace {

using model::HealthState;
using model::NodeHealth;

std::string Bytes(const std::vector<NodeHealth>& nodes) {
  HealthRows rows;
  for (const NodeHealth& node : nodes) rows.push_back(&node);
  std::string bytes;
  EncodeHealth(rows.begin(), rows.end(), &bytes);
  return bytes;
}

std::string ReportBytes() {
  std::string bytes;
  EncodeReport(tests::SomeReport("web", "0", 5), &bytes);
  return bytes;
}

std::vector<NodeHealth> OfEachState() {
  std::vector<NodeHealth> nodes;
  for (std::uint32_t i = 0; i < 4; ++i) nodes.push_back(tests::SomeHealth(i * 40, 1, static_cast<HealthState>(i)));
  return nodes;
}

const char* const kFirstVersion =
    "018098e1aad5660505726561647912636f6e6e656374696f6e20726566757365641f33206f662034206c697665206e6f646573206172"
    "6520756e6865616c7468790a737461747573203230300004000138ffb9b703000001fff3ee06a09c0102ff97e1aad566280119ffb9b7"
    "03500003fff3ee06f09c0128017affb9b703a0010001fff3ee06c09d0102ff97e1aad5660128013bffb9b703f0010001fff3ee06909e"
    "0102c0a907";

bool Decodes(std::string_view bytes) {
  std::vector<NodeHealth> nodes;
  return DecodeHealth(bytes, &nodes);
}

bool DecodesReport(std::string_view bytes) {
  model::HealthReport report;
  return DecodeReport(bytes, &report);
}

}  // namespace

TEST_CASE("health of a chunk reads back as it was written") {
  std::vector<NodeHealth> read;
  REQUIRE(DecodeHealth(Bytes(OfEachState()), &read));
  CHECK(read == OfEachState());
  REQUIRE(DecodeHealth(Bytes({}), &read));
  CHECK(read.size() == 4);
}

TEST_CASE("a healthy node takes about thirty bytes") {
  std::vector<NodeHealth> nodes;
  for (std::uint32_t i = 0; i < 128; ++i) nodes.push_back(tests::SomeHealth(i * 2, 1));
  CHECK(Bytes(nodes).size() < 128 * 30);
}

TEST_CASE("every cut of a health row or report is refused, and every addition") {
  const std::string health = Bytes(OfEachState());
  const std::string report = ReportBytes();
  for (std::size_t size = 0; size < health.size(); ++size) CHECK_FALSE(Decodes(health.substr(0, size)));
  for (std::size_t size = 0; size < report.size(); ++size) CHECK_FALSE(DecodesReport(report.substr(0, size)));
  CHECK_FALSE(Decodes(health + "x"));
  CHECK_FALSE(DecodesReport(report + "x"));
}

TEST_CASE("how long a node was waited for and denied is kept, and rows of the first version are read") {
  std::vector<NodeHealth> nodes = OfEachState();
  const std::string first = Bytes(nodes);
  CHECK(first[0] == 1);
  nodes[2].joining_for = std::chrono::minutes(14);
  nodes[2].denied_for = std::chrono::seconds(30);
  std::vector<NodeHealth> read;
  REQUIRE(DecodeHealth(Bytes(nodes), &read));
  CHECK(read == nodes);
  CHECK(Bytes(nodes)[0] == kHealthVersion);
  CHECK_FALSE(Decodes('\1' + Bytes(nodes).substr(1)));  // its flag is none of the first version's
  CHECK(Decodes('\2' + first.substr(1)));
}

// Bytes as version 0.1 wrote them.
TEST_CASE("a health row of the first version") {
  std::string bytes;
  for (const char* hex = kFirstVersion; *hex != '\0'; hex += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex, 2), nullptr, 16)));
  }
  std::vector<NodeHealth> read;
  REQUIRE(DecodeHealth(bytes, &read));
  CHECK(read == OfEachState());
}

TEST_CASE("health rows and reports of another version are refused") {
  for (const char version : {'\0', static_cast<char>(kHealthVersion + 1)}) {
    CHECK_FALSE(Decodes(version + Bytes(OfEachState()).substr(1)));
    CHECK_FALSE(DecodesReport(version + ReportBytes().substr(1)));
  }
}

TEST_CASE("damaged health rows are read or refused, never worse") {
  std::mt19937 random(5);
  const std::string bytes = Bytes(OfEachState());
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = bytes;
    for (std::uint32_t left = 1 + static_cast<std::uint32_t>(random() % 4); left > 0; --left) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    (void)Decodes(damaged);
  }
  SUCCEED("sanitizers watch");
}

}  // namespace kadende::state
