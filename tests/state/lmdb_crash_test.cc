// Real processes that are killed, race, or stand in each other's way.
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "state/lmdb_store.h"
#include "tests/contract/state_store_contract.h"
#include "tests/state/scratch.h"

namespace kadende::tests {
namespace {

using base::ErrorCode;
using Catch::Contains;
using namespace model;

constexpr char kLineage[] = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

// The number of the last batch that the store has whole; fails where it has a part of one.
std::uint32_t LastWholeBatch(const std::string& directory) {
  const auto store = state::OpenLmdbStore(directory, {});
  REQUIRE(store);
  const auto state = (*store)->Load(kLineage);
  if (!state) return 0;
  const auto& a = state->groups.at("a").nodes;
  const auto& b = state->groups.at("b").nodes;
  REQUIRE(a.size() == 40);
  REQUIRE(b.size() == 40);
  const std::string number = a.begin()->second.instance_id;
  bool whole = true;
  for (const auto* rows : {&a, &b}) {
    for (const auto& row : *rows) whole = whole && row.second.instance_id == number;
  }
  CHECK(whole);
  const auto events = (*store)->Events({kLineage, "", "", 0, 1});
  REQUIRE(events->size() == 1);
  CHECK(events->at(0).message == number);
  return static_cast<std::uint32_t>(std::stoul(number));
}

bool IsRoot() {
  return geteuid() == 0;
}

}  // namespace

TEST_CASE("kill -9 at any moment tears nothing and loses nothing that was acknowledged") {
  const Scratch scratch;
  std::mt19937 random(7);
  std::uint32_t last = 0;
  for (int round = 0; round < 40; ++round) {
    Child child({STATE_WORKER, "write", scratch.Path(), kLineage, std::to_string(last + 1)});
    std::uint32_t acknowledged = last;
    // At least some rounds die in their first batches, the others later and between two acknowledgements.
    for (std::uint32_t left = static_cast<std::uint32_t>(random() % 12); left > 0; --left) {
      acknowledged = static_cast<std::uint32_t>(std::stoul(child.ReadLine()));
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 1500));
    child.Kill();
    for (std::string line = child.ReadLine(); !line.empty(); line = child.ReadLine()) {
      acknowledged = static_cast<std::uint32_t>(std::stoul(line));
    }
    last = LastWholeBatch(scratch.Path());
    INFO("round " << round);
    REQUIRE(last >= acknowledged);
    REQUIRE(last <= acknowledged + 1);
  }
  CHECK(last > 40);
}

TEST_CASE("processes that write at once lose none of each other's commits") {
  const Scratch scratch;
  {
    std::vector<std::unique_ptr<Child>> children;
    for (int i = 0; i < 4; ++i) {
      children.push_back(
          std::make_unique<Child>(std::vector<std::string>{STATE_WORKER, "count", scratch.Path(), kLineage, "50"}));
    }
    for (auto& child : children) CHECK(child->Wait() == 0);
  }
  const auto store = state::OpenLmdbStore(scratch.Path(), {});
  std::map<std::string, int> by_process;
  const auto events = (*store)->Events({});
  for (const auto& event : *events) ++by_process[event.message];
  CHECK(by_process.size() == 4);
  for (const auto& [pid, count] : by_process) CHECK(count == 50);
}

TEST_CASE("a process of another pid namespace is refused while the store is in use, and not after") {
  if (!IsRoot()) {
    WARN("skipped: needs root");
    return;
  }
  const Scratch scratch;
  const std::vector<std::string> foreign{"unshare", "--pid",        "--fork", STATE_WORKER,
                                         "count",   scratch.Path(), kLineage, "1"};
  {
    Child probe({"unshare", "--pid", "--fork", "true"});
    if (probe.Wait() != 0) {
      WARN("skipped: no pid namespaces here");
      return;
    }
  }
  {
    const auto store = state::OpenLmdbStore(scratch.Path(), {});
    REQUIRE(store);
    Child child(foreign);
    CHECK_THAT(child.ReadLine(), Contains("another pid namespace"));
    CHECK(child.Wait() == 1);
  }
  Child child(foreign);
  CHECK(child.Wait() == 0);
  CHECK((*state::OpenLmdbStore(scratch.Path(), {}))->Events({})->size() == 1);
}

TEST_CASE("a full disk changes nothing, and room lets it go on") {
  const Scratch scratch;
  if (mount("tmpfs", scratch.Path().c_str(), "tmpfs", 0, "size=600k") != 0) {
    WARN("skipped: cannot mount a small file system");
    return;
  }
  {
    const std::string directory = scratch.Path("state");
    const auto store = state::OpenLmdbStore(directory, {});
    REQUIRE(store);
    REQUIRE((*store)->Commit(kLineage, {ClusterRecorded{SomeCluster(kLineage, "shop")}}));
    StateChanges changes;
    for (std::uint32_t i = 0; i < 1000; ++i) changes.emplace_back(NodeCreated{"web", SomeNode(i, 1)});
    { std::ofstream(scratch.Path("filler")) << std::string(520'000, 'x'); }
    const auto status = (*store)->Commit(kLineage, changes);
    REQUIRE_FALSE(status);
    CHECK(status.error().code == ErrorCode::kQuota);
    CHECK_THAT(status.error().message,
               Contains("disk is full; nothing was changed in the store") && Contains(directory));
    CHECK((*store)->Load(kLineage)->groups.empty());
    // A store that cannot even begin says so, too, and does not end the process.
    { std::ofstream(scratch.Path("filler"), std::ios::app) << std::string(200'000, 'x'); }
    const auto other = state::OpenLmdbStore(scratch.Path("other"), {});
    REQUIRE_FALSE(other);
    CHECK(other.error().code == ErrorCode::kQuota);
    std::filesystem::remove(scratch.Path("filler"));
    CHECK((*store)->Commit(kLineage, changes));
    CHECK((*store)->Load(kLineage)->groups.at("web").nodes.size() == 1000);
  }
  umount(scratch.Path().c_str());
}

TEST_CASE("a directory without permission is an error that names it") {
  if (IsRoot()) {
    WARN("root may everything: a file in the directory's place is tried instead");
    const Scratch scratch;
    std::ofstream(scratch.Path("file")) << "x";
    const auto store = state::OpenLmdbStore(scratch.Path("file"), {});
    REQUIRE_FALSE(store);
    CHECK(store.error().code == ErrorCode::kInvalid);
    return;
  }
  const Scratch scratch;
  REQUIRE(chmod(scratch.Path().c_str(), 0500) == 0);
  const auto store = state::OpenLmdbStore(scratch.Path("state"), {});
  REQUIRE_FALSE(store);
  CHECK(store.error().code == ErrorCode::kDenied);
  CHECK_THAT(store.error().message, Contains(scratch.Path()));
  chmod(scratch.Path().c_str(), 0700);
}

}  // namespace kadende::tests
