#include <catch2/catch.hpp>
#include <fstream>

#include "state/lmdb_keys.h"
#include "state/lmdb_store.h"
#include "tests/contract/health_store_contract.h"
#include "tests/contract/state_store_contract.h"
#include "tests/state/raw.h"
#include "tests/state/scratch.h"
#include "tests/support/memory_store.h"

namespace kadende::tests {
namespace {

using namespace model;

constexpr char kLineage[] = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

std::unique_ptr<state::Store> Open(const std::string& directory, bool read_only = false) {
  state::LmdbOptions options;
  options.read_only = read_only;
  auto store = state::OpenLmdbStore(directory, options);
  if (!store) FAIL(store.error().message);
  return std::move(*store);
}

struct Placed {
  Scratch scratch;
  std::unique_ptr<state::Store> store = Open(scratch.Path("state"));
};

HealthStorePair FreshLmdb() {
  auto placed = std::make_shared<Placed>();
  return {{placed, placed->store.get()}, {placed, placed->store.get()}};
}

HealthStorePair FreshMemory() {
  auto store = std::make_shared<MemoryStore>();
  return {store, store};
}

void Create(ports::StateStore& store) {
  REQUIRE(store.Commit(kLineage, {ClusterRecorded{SomeCluster(kLineage, "shop")}}));
}

std::vector<NodeHealth> Nodes(std::uint32_t count) {
  std::vector<NodeHealth> nodes;
  for (std::uint32_t i = 0; i < count; ++i) nodes.push_back(SomeHealth(i, 1));
  return nodes;
}

long long WrittenBytes() {
  std::ifstream io("/proc/self/io");
  std::string name;
  for (long long value = 0; io >> name >> value;) {
    if (name == "wchar:") return value;
  }
  return -1;
}

}  // namespace

TEST_CASE("health in the LMDB store keeps the contract") {
  CheckHealthStoreContract(FreshLmdb);
}

TEST_CASE("health in the store in memory keeps the contract") {
  CheckHealthStoreContract(FreshMemory);
}

TEST_CASE("damaged health rows are left out, and written anew") {
  const Scratch scratch;
  {
    const auto store = Open(scratch.Path());
    Create(*store);
    REQUIRE(store->SaveHealth(kLineage, {{"web", Nodes(300)}, {"api", Nodes(1)}}));
    REQUIRE(store->PutReport(kLineage, SomeReport("web", "0", 1000)));
    REQUIRE(store->PutReport(kLineage, SomeReport("web", "1", 1000)));
  }
  const auto damaged = [](std::string* bytes) { bytes->back() ^= 1; };
  SECTION("a damaged chunk") {
    ChangeRaw(scratch.Path(), "health", state::HealthKey(kLineage, "web", 1), damaged);
  }
  SECTION("a row under a key of another shape") {
    PutRaw(scratch.Path(), "health", std::string(kLineage) + '\0', "x");
  }
  ChangeRaw(scratch.Path(), "reports", state::ReportKey(kLineage, "web", "1", 1), damaged);
  const auto store = Open(scratch.Path());
  const auto health = store->LoadHealth(kLineage);
  REQUIRE(health);
  CHECK(health->at("api").size() == 1);
  CHECK(health->at("web")[127] == SomeHealth(127, 1));
  CHECK(store->Reports(kLineage)->size() == 1);
  CHECK(store->Load(kLineage));
  REQUIRE(store->SaveHealth(kLineage, {{"web", Nodes(300)}}));
  CHECK(store->LoadHealth(kLineage)->at("web") == Nodes(300));
  REQUIRE(store->PutReport(kLineage, SomeReport("web", "2", 1000)));
  CHECK(store->Reports(kLineage)->size() == 2);
}

TEST_CASE("a store from before there was health is read, and a reader sees health as soon as somebody stores some") {
  const Scratch scratch;
  Create(*Open(scratch.Path()));
  DropRaw(scratch.Path(), {"health", "reports"});
  const auto reader = Open(scratch.Path(), true);
  CHECK(reader->LoadHealth(kLineage)->empty());
  CHECK(reader->Reports(kLineage)->empty());
  CHECK(reader->Load(kLineage));
  Child writer({STATE_WORKER, "health", scratch.Path(), kLineage});
  REQUIRE(writer.ReadLine() == "ok");
  CHECK(reader->LoadHealth(kLineage)->at("web").size() == 300);
  CHECK(reader->Reports(kLineage)->size() == 1);
  CHECK_FALSE(reader->SaveHealth(kLineage, {{"web", Nodes(1)}}));
  CHECK_FALSE(reader->PutReport(kLineage, SomeReport("web", "0", 1)));
}

TEST_CASE("reports of other processes come through while a watch saves") {
  const Scratch scratch;
  const auto store = Open(scratch.Path());
  Create(*store);
  {
    Child reporter({STATE_WORKER, "report", scratch.Path(), kLineage, "50"});
    for (int i = 0; i < 20; ++i) REQUIRE(store->SaveHealth(kLineage, {{"api", Nodes(200)}}));
    REQUIRE(reporter.ReadLine() == "ok");
  }
  CHECK(store->Reports(kLineage)->size() == 50);
  CHECK(store->LoadHealth(kLineage)->at("api") == Nodes(200));
}

TEST_CASE("health of ten thousand nodes is small, and what did not change is not written") {
  const Scratch scratch;
  const auto store = Open(scratch.Path());
  Create(*store);
  auto nodes = Nodes(10'000);
  const ports::HealthByGroup first = {{"web", nodes}};
  REQUIRE(store->SaveHealth(kLineage, first));
  for (NodeHealth& node : nodes) node.last_at += base::Millis(10'000);
  long long before = WrittenBytes();
  const ports::HealthByGroup second = {{"web", nodes}};
  REQUIRE(store->SaveHealth(kLineage, second));
  CHECK(WrittenBytes() - before < 600'000);
  before = WrittenBytes();
  REQUIRE(store->SaveHealth(kLineage, second));
  CHECK(WrittenBytes() - before < 1'000);
}

TEST_CASE("a node's name that is too long for a report is refused") {
  const Scratch scratch;
  const auto store = Open(scratch.Path());
  Create(*store);
  const auto status = store->PutReport(kLineage, SomeReport("web", std::string(500, 'n'), 1));
  REQUIRE_FALSE(status);
  CHECK(status.error().code == base::ErrorCode::kInvalid);
  CHECK_FALSE(store->PutReport(kLineage, SomeReport("web", std::string("a\0b", 3), 1)));
  CHECK(store->PutReport(kLineage, SomeReport("web", std::string(400, 'n'), 1)));
}

}  // namespace kadende::tests
