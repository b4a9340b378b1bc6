#include "engine/model/identity.h"

#include <catch2/catch.hpp>

namespace kadende::model {

TEST_CASE("a token is the same wherever it is computed") {
  // Stored and sent to providers: these bytes may never change.
  const Token token = MakeToken("lineage", "group2/sub-group1", Slot{0, ""}, 1);
  CHECK(base::ToHex(token) == base::ToHex(base::Sha256("lineage/group2/sub-group1/0\n1")));
  CHECK(token != MakeToken("lineage", "group2/sub-group1", Slot{0, ""}, 2));
  CHECK(token != MakeToken("lineage", "group2/sub-group1", Slot{1, ""}, 1));
}

TEST_CASE("names of nodes and instances") {
  CHECK(NodeName("group2/sub-group1", Slot{0, ""}) == "group2-sub-group1-0");
  CHECK(NodeName("data/db", Slot{1, "b"}) == "data-db-b");
  CHECK(NodeAddress{"web", Slot{3, ""}}.Display() == "web[3]");
  const Token token = base::Sha256("x");
  CHECK(InstanceName("shop", "web", Slot{0, ""}, token) == "shop-web-0-" + base::ToBase32(token).substr(0, 4));
}

TEST_CASE("a node can be written in two ways") {
  CHECK(ParseNodeQuery("data/db[a]").group == "data/db");
  CHECK(ParseNodeQuery("data/db[a]").slot_key == "a");
  CHECK(ParseNodeQuery("data-db-a").name == "data-db-a");
  CHECK(ParseNodeQuery("[a]").name == "[a]");
}

TEST_CASE("a lineage is 128 random bits") {
  CHECK(NewLineage().size() == 26);
  CHECK(NewLineage() != NewLineage());
}

}  // namespace kadende::model
