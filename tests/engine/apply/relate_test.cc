#include "engine/apply/relate.h"

#include <catch2/catch.hpp>

namespace kadende::apply {
namespace {

using ports::CommitSummary;

// "a1": commit of line a with serial 1.
CommitSummary Commit(const std::string& id) {
  CommitSummary commit;
  commit.id = id;
  commit.serial = static_cast<std::uint64_t>(id.back() - '0');
  commit.lineage = "shop";
  return commit;
}

std::vector<CommitSummary> Line(const std::vector<std::string>& ids) {
  std::vector<CommitSummary> line;
  for (const std::string& id : ids) line.push_back(Commit(id));
  return line;
}

struct Case {
  std::string what;
  std::string ours;    // the store's commit; empty: none
  std::string marked;  // empty: the remote is not known to have had anything
  std::vector<std::string> their_line;
  std::vector<std::string> our_line;
  Relation wanted;
};

LineSides Sides(const Case& given) {
  LineSides sides;
  sides.lineage = "shop";
  sides.commit = given.ours;
  if (!given.ours.empty()) sides.serial = Commit(given.ours).serial;
  if (!given.marked.empty()) sides.marked = Commit(given.marked);
  sides.theirs = Line(given.their_line);
  sides.ours = Line(given.our_line);
  if (!sides.theirs.empty()) sides.tip = sides.theirs.front();
  return sides;
}

TEST_CASE("two lines of commits and what the remote is known to have had") {
  const std::vector<Case> cases = {
      {"never pushed", "a1", "", {}, {"a1"}, Relation::kAbsent},
      {"the branch was removed", "a1", "a1", {}, {"a1"}, Relation::kRewound},
      {"the same", "a2", "a2", {"a2", "a1"}, {"a2"}, Relation::kSame},
      {"the same, first met", "a2", "", {"a2", "a1"}, {"a2"}, Relation::kSame},
      {"others went on", "a1", "a1", {"a3", "a2", "a1"}, {"a1"}, Relation::kBehind},
      {"nothing of ours was published", "", "", {"a1"}, {}, Relation::kBehind},
      {"a push did not arrive", "a3", "a2", {"a2"}, {"a3", "a2"}, Relation::kAhead},
      {"its mark did not arrive", "a3", "a1", {"a3", "a2", "a1"}, {"a3"}, Relation::kSame},
      {"both went on", "b2", "a1", {"a2", "a1"}, {"b2", "a1"}, Relation::kMoved},
      {"two first applies", "b1", "", {"a1"}, {"b1"}, Relation::kMoved},
      {"rewound", "a3", "a3", {"a2"}, {"a3", "a2"}, Relation::kRewound},
      {"rewound, and gone on from there", "a3", "a3", {"b3", "a2"}, {"a3", "a2"}, Relation::kRewound},
      {"rewritten", "a3", "a3", {"b4"}, {"a3"}, Relation::kRewound},
  };
  for (const Case& given : cases) {
    INFO(given.what);
    CHECK(RelationName(Relate(Sides(given))) == std::string(RelationName(given.wanted)));
  }
}

TEST_CASE("a line that was begun anew stands for what it names, and for all before") {
  LineSides sides = Sides({"", "a3", "a3", {"c6", "c5"}, {"a3"}, Relation::kBehind});
  sides.theirs.back().trailers[std::string(ports::kCompactedTrailer)] = "3 a3";
  CHECK(Relate(sides) == Relation::kBehind);
  sides.theirs.back().trailers[std::string(ports::kCompactedTrailer)] = "4 a4";
  CHECK(Relate(sides) == Relation::kBehind);
  sides.theirs.back().trailers[std::string(ports::kCompactedTrailer)] = "2 a2";
  CHECK(Relate(sides) == Relation::kRewound);
  SECTION("but not for what was never pushed") {
    sides.theirs.back().trailers[std::string(ports::kCompactedTrailer)] = "4 a4";
    sides.marked = Commit("a2");
    CHECK(Relate(sides) == Relation::kMoved);
  }
}

TEST_CASE("a line that we began anew and have not pushed") {
  LineSides sides = Sides({"", "c4", "a3", {"a3", "a2"}, {"c4", "c3"}, Relation::kAhead});
  sides.ours.front().trailers[std::string(ports::kCompactedTrailer)] = "3 a3";
  CHECK(Relate(sides) == Relation::kAhead);
  SECTION("others went on meanwhile") {
    sides.theirs = Line({"a4", "a3"});
    sides.tip = sides.theirs.front();
    CHECK(Relate(sides) == Relation::kMoved);
  }
}

TEST_CASE("another cluster's branch") {
  LineSides sides = Sides({"", "a1", "", {"x1"}, {"a1"}, Relation::kForeign});
  sides.tip->lineage = "other";
  CHECK(Relate(sides) == Relation::kForeign);
}

}  // namespace
}  // namespace kadende::apply
