#include "state/lmdb_store.h"

#include <fcntl.h>
#include <lmdb.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <thread>

#include "state/group_codec.h"
#include "state/record_codec.h"
#include "tests/contract/state_store_contract.h"
#include "tests/state/raw.h"
#include "tests/state/scratch.h"
#include "tests/support/memory_store.h"

namespace kadende::tests {
namespace {

using base::ErrorCode;
using Catch::Contains;
using namespace model;

constexpr char kLineage[] = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

std::unique_ptr<ports::StateStore> Open(const std::string& directory, const state::LmdbOptions& options = {}) {
  auto store = state::OpenLmdbStore(directory, options);
  if (!store) FAIL(store.error().message);
  return std::move(*store);
}

base::Error OpenError(const std::string& directory, const state::LmdbOptions& options = {}) {
  auto store = state::OpenLmdbStore(directory, options);
  REQUIRE_FALSE(store);
  return store.error();
}

state::LmdbOptions ReadOnly() {
  state::LmdbOptions options;
  options.read_only = true;
  return options;
}

struct Placed {
  Scratch scratch;
  std::unique_ptr<ports::StateStore> store = Open(scratch.Path("state"));
};

std::shared_ptr<ports::StateStore> FreshLmdb() {
  auto placed = std::make_shared<Placed>();
  return {placed, placed->store.get()};
}

std::shared_ptr<ports::StateStore> FreshMemory() {
  return std::make_shared<MemoryStore>();
}

void Create(ports::StateStore& store) {
  REQUIRE(store.Commit(kLineage, {ClusterRecorded{SomeCluster(kLineage, "shop")}}));
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("the LMDB store keeps the contract") {
  CheckStateStoreContract(FreshLmdb);
}

TEST_CASE("the store in memory keeps the contract") {
  CheckStateStoreContract(FreshMemory);
}

TEST_CASE("random changes have the same effect in LMDB as in memory") {
  CheckStoreMatchesApply(FreshLmdb, 1000, 20, 40);
}

TEST_CASE("random changes have the same effect in the memory store") {
  CheckStoreMatchesApply(FreshMemory, 2000, 20, 40);
}

TEST_CASE("a state directory is private and ignored by git") {
  const Scratch scratch;
  const auto store = Open(scratch.Path("deep/.kadende"));
  struct stat info {};
  REQUIRE(stat(scratch.Path("deep/.kadende").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0700);
  CHECK(ReadFile(scratch.Path("deep/.kadende/.gitignore")) == "*\n");
}

TEST_CASE("what was committed is there after closing and opening") {
  const Scratch scratch;
  {
    const auto store = Open(scratch.Path());
    Create(*store);
    REQUIRE(store->Commit(kLineage, {NodeCreated{"web", SomeNode(3, 2)}}));
  }
  CHECK(Open(scratch.Path())->Load(kLineage)->groups.at("web").Live(3)->incarnation == 2);
}

TEST_CASE("opening twice in a process gives one environment, also when the first is closed") {
  const Scratch scratch;
  auto first = Open(scratch.Path());
  const auto second = Open(scratch.Path() + "/../" + std::filesystem::path(scratch.Path()).filename().string());
  Create(*first);
  REQUIRE(second->Load(kLineage));
  first.reset();
  CHECK(second->Commit(kLineage, {NodeCreated{"web", SomeNode(0, 1)}}));
  CHECK(Open(scratch.Path())->Load(kLineage)->groups.at("web").nodes.size() == 1);
}

TEST_CASE("no descriptor of a store is passed to children") {
  const Scratch scratch;
  const auto store = Open(scratch.Path());
  Create(*store);
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    const auto target = std::filesystem::read_symlink(entry.path(), error).string();
    if (target.rfind(scratch.Path(), 0) != 0) continue;
    ++files;
    INFO(target);
    CHECK((fcntl(std::stoi(entry.path().filename()), F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK(files >= 4);
}

TEST_CASE("opening for reading creates nothing and writes nothing") {
  const Scratch scratch;
  CHECK(OpenError(scratch.Path("none"), ReadOnly()).code == ErrorCode::kNotFound);
  CHECK_FALSE(std::filesystem::exists(scratch.Path("none")));
  CHECK(OpenError(scratch.Path(), ReadOnly()).code == ErrorCode::kNotFound);
  CHECK(std::filesystem::is_empty(scratch.Path()));
  Create(*Open(scratch.Path()));
  const auto store = Open(scratch.Path(), ReadOnly());
  CHECK(store->Load(kLineage)->cluster.name == "shop");
  CHECK(store->Commit(kLineage, {NodeCreated{"web", SomeNode(0, 1)}}).error().code == ErrorCode::kDenied);
  CHECK(store->Remove(kLineage).error().code == ErrorCode::kDenied);
  CHECK(OpenError(scratch.Path()).code == ErrorCode::kConflict);
}

TEST_CASE("a store whose directory was replaced is neither read nor written") {
  const Scratch scratch;
  const std::string path = scratch.Path("state");
  const auto store = Open(path);
  Create(*store);
  const auto refused = [&store, &path] {
    const auto loaded = store->Load(kLineage);
    const auto written = store->Commit(kLineage, {NodeCreated{"web", SomeNode(0, 1)}});
    REQUIRE_FALSE(loaded);
    REQUIRE_FALSE(written);
    CHECK(loaded.error().code == ErrorCode::kConflict);
    CHECK(written.error().code == ErrorCode::kConflict);
    CHECK_THAT(written.error().message, Contains(path) && Contains("replaced"));
  };
  std::filesystem::rename(path, scratch.Path("old"));
  refused();
  std::filesystem::copy(scratch.Path("old"), path);
  refused();
  const auto now = Open(path);  // as the next process would
  CHECK(now->Commit(kLineage, {NodeCreated{"web", SomeNode(0, 2)}}));
  std::filesystem::remove_all(path);
  std::filesystem::rename(scratch.Path("old"), path);
  CHECK(store->Load(kLineage)->groups.empty());  // it was not written to
  CHECK(store->Commit(kLineage, {NodeCreated{"web", SomeNode(0, 1)}}));
}

TEST_CASE("a reader sees what a writer of the same process commits") {
  const Scratch scratch;
  const auto writer = Open(scratch.Path());
  const auto reader = Open(scratch.Path(), ReadOnly());
  Create(*writer);
  CHECK(reader->Load(kLineage));
  CHECK(reader->Commit(kLineage, {Published{1, "c"}}).error().code == ErrorCode::kDenied);
}

TEST_CASE("threads commit and load at once") {
  const Scratch scratch;
  const auto store = Open(scratch.Path());
  Create(*store);
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (std::uint32_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint32_t i = 0; i < 25; ++i) {
        if (!store->Commit(kLineage, {NodeCreated{"web", SomeNode(t * 25 + i, 1)}})) ++failures;
        if (!store->Load(kLineage) || !store->Clusters() || !store->Events({})) ++failures;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(failures == 0);
  CHECK(store->Load(kLineage)->groups.at("web").nodes.size() == 100);
}

TEST_CASE("a store of a newer format is refused") {
  const Scratch scratch;
  Create(*Open(scratch.Path()));
  PutRaw(scratch.Path(), "meta", "format", "3");
  for (const auto& options : {state::LmdbOptions{}, ReadOnly()}) {
    const auto error = OpenError(scratch.Path(), options);
    CHECK(error.code == ErrorCode::kInvalid);
    CHECK_THAT(error.message, Contains("newer kadende (format 3, this one knows up to 2)"));
  }
}

TEST_CASE("a row that is not as it was written is corrupt") {
  const Scratch scratch;
  Create(*Open(scratch.Path()));
  const std::string key = std::string(kLineage) + '\0' + "web";
  PutRaw(scratch.Path(), "groups", key, "\x07garbage");
  const auto store = Open(scratch.Path());
  const auto loaded = store->Load(kLineage);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == ErrorCode::kCorrupt);
  CHECK_THAT(loaded.error().message, Contains("data.mdb is damaged") && Contains("leave history.git"));
}

TEST_CASE("a store of the first format, without seals, is read and taken up") {
  const Scratch scratch;
  { const auto store = Open(scratch.Path()); }
  for (const char* const table : {"clusters", "groups", "nodes"}) {
    const std::string key = kLineage + (table[0] == 'c' ? std::string() : std::string("\0web", 4));
    std::string bytes;
    if (table[0] == 'c') state::EncodeCluster(SomeCluster(kLineage, "shop"), &bytes);
    if (table[0] == 'g') state::EncodeGroup(GroupRecord{}, &bytes);
    if (table[0] == 'n') state::EncodeNode(SomeNode(7, 1), &bytes);
    PutRaw(scratch.Path(), table, table[0] == 'n' ? key + std::string("\0\0\0\0\7\0\0\0\1", 9) : key, bytes);
  }
  PutRaw(scratch.Path(), "meta", "format", "1");
  {
    const auto reader = Open(scratch.Path(), ReadOnly());
    const std::string before = Dump(reader->Load(kLineage).value());
    CHECK(reader->Clusters()->size() == 1);
    Child writer({STATE_WORKER, "open", scratch.Path()});  // takes it up
    REQUIRE(writer.ReadLine() == "ok");
    CHECK(Dump(reader->Load(kLineage).value()) == before);
    const auto another = Open(scratch.Path(), ReadOnly());
    CHECK(Dump(another->Load(kLineage).value()) == before);
  }
  for (int round = 0; round < 2; ++round) {
    const auto state = Open(scratch.Path())->Load(kLineage);
    if (!state) FAIL(state.error().message);
    CHECK(state->cluster.name == "shop");
    CHECK(state->groups.at("web").nodes.at({7, 1}).instance_id == SomeNode(7, 1).instance_id);
  }
  CHECK(Open(scratch.Path(), ReadOnly())->Load(kLineage));
}

TEST_CASE("files that are no store, or only a part of one, are corrupt") {
  const Scratch scratch;
  {
    const auto store = Open(scratch.Path());
    Create(*store);
    StateChanges changes;
    for (std::uint32_t i = 0; i < 2000; ++i) changes.emplace_back(NodeCreated{"web", SomeNode(i, 1)});
    REQUIRE(store->Commit(kLineage, changes));
  }
  SECTION("garbage") {
    std::ofstream(scratch.Path("data.mdb"), std::ios::binary) << std::string(100'000, 'x');
    CHECK(OpenError(scratch.Path()).code == ErrorCode::kCorrupt);
  }
  SECTION("cut off in the middle") {
    const auto size = std::filesystem::file_size(scratch.Path("data.mdb"));
    std::filesystem::resize_file(scratch.Path("data.mdb"), size / 8192 * 4096);
    auto store = state::OpenLmdbStore(scratch.Path(), {});
    const auto code = store ? (*store)->Load(kLineage).error().code : store.error().code;
    CHECK(code == ErrorCode::kCorrupt);
  }
  SECTION("cut off after its header") {
    std::filesystem::resize_file(scratch.Path("data.mdb"), 8192);
    auto store = state::OpenLmdbStore(scratch.Path(), {});
    const auto code = store ? (*store)->Load(kLineage).error().code : store.error().code;
    CHECK(code == ErrorCode::kCorrupt);
  }
}

TEST_CASE("a full map changes nothing and says what to do") {
  const Scratch scratch;
  state::LmdbOptions options;
  options.map_bytes = 256 << 10;
  const auto store = Open(scratch.Path(), options);
  Create(*store);
  StateChanges changes;
  for (std::uint32_t i = 0; i < 5000; ++i) changes.emplace_back(NodeCreated{"web", SomeNode(i, 1)});
  const auto status = store->Commit(kLineage, changes);
  REQUIRE_FALSE(status);
  CHECK(status.error().code == ErrorCode::kQuota);
  CHECK_THAT(status.error().message, Contains(scratch.Path()) && Contains("nothing was changed"));
  CHECK(store->Load(kLineage)->groups.empty());
  CHECK(store->Commit(kLineage, {NodeCreated{"web", SomeNode(0, 1)}}));
}

TEST_CASE("a map that somebody else grew is adopted") {
  const Scratch scratch;
  state::LmdbOptions small;
  small.map_bytes = 256 << 10;
  const auto store = Open(scratch.Path(), small);
  Create(*store);
  Child grower({STATE_WORKER, "write", scratch.Path(), "bbbbbbbbbbbbbbbbbbbbbbbbbb", "1"});
  for (int i = 0; i < 40; ++i) REQUIRE(grower.ReadLine() == std::to_string(i + 1));
  grower.Kill();
  CHECK(store->Load("bbbbbbbbbbbbbbbbbbbbbbbbbb"));
  CHECK(store->Load(kLineage));
}

TEST_CASE("old events leave, the newest stay, and ids go on") {
  const Scratch scratch;
  state::LmdbOptions options;
  options.keep_events = 10;
  const auto store = Open(scratch.Path(), options);
  for (int i = 0; i < 40; ++i) REQUIRE(store->Commit(kLineage, {EventRecorded{SomeEvent("web", "0", i)}}));
  auto events = *store->Events({});
  CHECK(events.size() == 10);
  CHECK(events.back().id == 40);
  // A week and more later: only the newest is young enough.
  const auto week = std::chrono::duration_cast<base::Millis>(std::chrono::hours(24 * 8)).count();
  REQUIRE(store->Commit(kLineage, {EventRecorded{SomeEvent("web", "0", week)}}));
  events = *store->Events({});
  REQUIRE(events.size() == 1);
  CHECK(events[0].id == 41);
}

TEST_CASE("a group path that is too long for a key is refused") {
  const Scratch scratch;
  const auto store = Open(scratch.Path());
  Create(*store);
  const auto status = store->Commit(kLineage, {NodeCreated{std::string(600, 'g'), SomeNode(0, 1)}});
  REQUIRE_FALSE(status);
  CHECK(status.error().code == ErrorCode::kInvalid);
  CHECK(store->Commit(kLineage, {NodeCreated{std::string(470, 'g'), SomeNode(0, 1)}}));
}

}  // namespace kadende::tests
