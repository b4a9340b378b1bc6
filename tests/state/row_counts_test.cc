#include "state/row_counts.h"

#include <catch2/catch.hpp>

#include "state/lmdb_store.h"
#include "tests/contract/state_store_contract.h"
#include "tests/state/scratch.h"

namespace kadende::tests {
namespace {

using namespace model;
using state::Table;

constexpr char kShop[] = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
constexpr char kBlog[] = "bbbbbbbbbbbbbbbbbbbbbbbbbb";

std::size_t NodesOf(ports::StateStore& store, const char* lineage) {
  auto loaded = store.Load(lineage);
  REQUIRE(loaded);
  return loaded->groups.empty() ? 0 : loaded->groups.begin()->second.nodes.size();
}

}  // namespace

TEST_CASE("rows of others are known from a walk until rows come or go") {
  state::RowCounts counts;
  CHECK_FALSE(counts.OfOthers(Table::kNodes, "shop"));
  counts.Learn(Table::kNodes, {{"shop", 100}, {"blog", 7}, {"wiki", 1}});
  CHECK(counts.OfOthers(Table::kNodes, "shop") == 8);
  CHECK(counts.OfOthers(Table::kNodes, "blog") == 101);
  CHECK(counts.OfOthers(Table::kNodes, "new") == 108);
  CHECK_FALSE(counts.OfOthers(Table::kGroups, "shop"));
  counts.Forget();
  CHECK_FALSE(counts.OfOthers(Table::kNodes, "shop"));
}

TEST_CASE("clusters of one store are found whole, whatever became of the others since") {
  const Scratch scratch;
  auto opened = state::OpenLmdbStore(scratch.Path(), {});
  REQUIRE(opened);
  ports::StateStore& store = **opened;
  for (const char* lineage : {kShop, kBlog}) {
    StateChanges changes = {ClusterRecorded{SomeCluster(lineage, lineage)}};
    for (std::uint32_t i = 0; i < 50; ++i) changes.emplace_back(NodeCreated{"web", SomeNode(i, 1)});
    REQUIRE(store.Commit(lineage, changes));
  }
  CHECK(NodesOf(store, kShop) == 50);
  CHECK(NodesOf(store, kBlog) == 50);
  REQUIRE(store.Commit(kBlog, {NodeCreated{"web", SomeNode(50, 1)}, NodeCreated{"web", SomeNode(51, 1)}}));
  CHECK(NodesOf(store, kShop) == 50);
  CHECK(NodesOf(store, kBlog) == 52);
  CHECK(NodesOf(store, kShop) == 50);
}

}  // namespace kadende::tests
