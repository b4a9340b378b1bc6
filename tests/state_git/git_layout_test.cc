#include "state/git_layout.h"

#include <catch2/catch.hpp>

using namespace kadende::state;

TEST_CASE("files of a group sort as their slots do") {
  CHECK(GroupFile("data/db") == "groups/data/db/group.json");
  CHECK(ChunkFile("data/db", 0) == "groups/data/db/nodes/000000/00000000.jsonl");
  CHECK(ChunkFile("web", 130) == "groups/web/nodes/000002/00000130.jsonl");
  CHECK(ChunkFile("web", 4294967295U / 128) == "groups/web/nodes/524287/33554431.jsonl");
}

TEST_CASE("names that git or the layout would read differently are encoded, and come back") {
  CHECK(EncodePart("web-1_x.y") == "web-1_x.y");
  CHECK(EncodePart("nodes") == "%6eodes");
  CHECK(EncodePart("group.json") == "%67roup.json");
  CHECK(EncodePart(".git") == "%2egit");
  CHECK(EncodePart("a..b") == "a.%2eb");
  CHECK(EncodePart("x.lock") == "x%2elock");
  CHECK(EncodePart("100%") == "100%25");
  for (const char* const name : {"nodes", "group.json", ".", "..", "a.", "x.lock", "caf\xC3\xA9", "a b", "%41", "%"}) {
    CHECK(DecodePart(EncodePart(name)) == name);
  }
}
