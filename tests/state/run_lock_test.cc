#include "state/run_lock.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "state/directory.h"
#include "tests/contract/leadership_contract.h"
#include "tests/state/scratch.h"

namespace kadende::tests {
namespace {

using Catch::Contains;
using Groups = std::vector<std::string>;

std::unique_ptr<ports::Leadership> Open(const std::string& directory) {
  auto locks = state::OpenRunLocks(directory);
  REQUIRE(locks);
  return std::move(*locks);
}

ports::Holder Ann() {
  return {"ann", "apply", getpid(), {}};
}

}  // namespace

TEST_CASE("run locks keep the contract") {
  const Scratch scratch;
  CheckLeadershipContract([&] { return Open(scratch.Path()); });
}

TEST_CASE("a lock dies with its holder") {
  const Scratch scratch;
  const auto locks = Open(scratch.Path());
  Child holder({STATE_WORKER, "lock", scratch.Path(), "web"});
  REQUIRE(holder.ReadLine() == "ok");
  const auto refused = locks->Acquire("l", Groups{"web"}, Ann(), base::Millis(0));
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Contains("worker"));
  holder.Kill();
  CHECK(locks->Acquire("l", Groups{"web"}, Ann(), base::Millis(0)));
}

TEST_CASE("who holds a cluster can be asked without a lock") {
  const Scratch scratch;
  CHECK_FALSE(state::HolderOfRun(scratch.Path(), "l"));
  const auto locks = Open(scratch.Path());
  for (const Groups& groups : {Groups{}, Groups{"db", "web"}}) {
    {
      const auto held = locks->Acquire("l", groups, Ann(), base::Millis(0));
      REQUIRE(held);
      const auto holder = state::HolderOfRun(scratch.Path(), "l");
      REQUIRE(holder);
      CHECK(holder->actor == "ann");
      CHECK(holder->reason == "apply");
      CHECK(holder->pid == getpid());
      CHECK_FALSE(state::HolderOfRun(scratch.Path(), "other"));
    }
    CHECK_FALSE(state::HolderOfRun(scratch.Path(), "l"));
  }
}

TEST_CASE("a child does not keep its parent's lock") {
  const Scratch scratch;
  const auto locks = Open(scratch.Path());
  auto lease = locks->Acquire("l", Groups{}, Ann(), base::Millis(0));
  REQUIRE(lease);
  Child child({"sleep", "1000"});
  lease->reset();
  CHECK(locks->Acquire("l", Groups{"web"}, Ann(), base::Millis(0)));
}

TEST_CASE("a lease whose files were removed is not trusted") {
  const Scratch scratch;
  const auto locks = Open(scratch.Path("state"));
  const auto lease = locks->Acquire("l", Groups{"web"}, Ann(), base::Millis(0));
  REQUIRE(lease);
  REQUIRE((*lease)->MayStart());
  std::filesystem::remove_all(scratch.Path("state"));
  CHECK_FALSE((*lease)->MayStart());
}

TEST_CASE("a note that does not read still names a holder") {
  const Scratch scratch;
  const auto locks = Open(scratch.Path());
  const auto lease = locks->Acquire("l", Groups{"web"}, Ann(), base::Millis(0));
  REQUIRE(lease);
  std::ofstream(scratch.Path("locks/l/group-web")) << "\x01";
  const auto refused = locks->Acquire("l", Groups{"web"}, Ann(), base::Millis(0));
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().message, Contains("another process"));
}

TEST_CASE("network file systems are told from local ones") {
  CHECK(state::NetworkFilesystemName(0x6969, "") == "NFS");
  CHECK(state::NetworkFilesystemName(0xFF534D42, "") == "CIFS");
  CHECK(state::NetworkFilesystemName(0x01021997, "") == "9p");
  CHECK(state::NetworkFilesystemName(0x65735546, "fuse.sshfs") == "fuse.sshfs");
  CHECK(state::NetworkFilesystemName(0x65735546, "fuseblk").empty());
  CHECK(state::NetworkFilesystemName(0xEF53, "").empty());      // ext4
  CHECK(state::NetworkFilesystemName(0x01021994, "").empty());  // tmpfs
}

}  // namespace kadende::tests
