// A store whose file was damaged: a real process opens it, and ends with correct data or with words, never otherwise.
#include <lmdb.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <random>
#include <sstream>

#include "state/lmdb_store.h"
#include "tests/contract/state_store_contract.h"
#include "tests/state/scratch.h"

namespace kadende::tests {
namespace {

using namespace model;
using Catch::Contains;

constexpr char kLineage[] = "aaaaaaaaaaaaaaaaaaaaaaaaaa";

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// A store of a few commits; the bytes of its file.
std::string SmallStore(const std::string& directory) {
  {
    auto opened = state::OpenLmdbStore(directory, {});
    REQUIRE(opened);
    ports::StateStore& store = **opened;
    REQUIRE(store.Commit(kLineage, {ClusterRecorded{SomeCluster(kLineage, "shop")}}));
    for (std::uint32_t round = 0; round < 3; ++round) {
      StateChanges changes;
      for (std::uint32_t i = 0; i < 400; ++i) changes.emplace_back(NodeCreated{"web", SomeNode(round * 400 + i, 1)});
      REQUIRE(store.Commit(kLineage, changes));
    }
  }
  return ReadFile(directory + "/data.mdb");
}

struct Outcome {
  int status = 0;
  std::string line;
};

Outcome Check(const std::string& directory) {
  Child child({STATE_WORKER, "check", directory, kLineage});
  Outcome outcome;
  outcome.line = child.ReadLine();
  outcome.status = child.Wait();
  return outcome;
}

void CheckRefused(const std::string& directory) {
  const Outcome outcome = Check(directory);
  CHECK(outcome.status == 1);
  CHECK_THAT(outcome.line, Contains(directory) && Contains("data.mdb") && Contains("history.git"));
}

}  // namespace

TEST_CASE("flipped bytes are found, or do not matter") {
  const Scratch scratch;
  const std::string directory = scratch.Path("state");
  const std::string good = SmallStore(directory);
  const Outcome expected = Check(directory);
  REQUIRE(expected.status == 0);
  int refused = 0;
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    std::mt19937 random(seed);
    std::string bad = good;
    std::uniform_int_distribution<std::size_t> place(2 * 4096, bad.size() - 1);  // behind LMDB's two headers
    for (std::uint32_t left = 1 + seed % 8 * (seed % 8); left > 0; --left) {
      bad[place(random)] = static_cast<char>(random());
    }
    WriteFile(directory + "/data.mdb", bad);
    const Outcome outcome = Check(directory);
    INFO("seed " << seed << ": " << outcome.status << " " << outcome.line);
    if (outcome.status == 0) {
      CHECK(outcome.line == expected.line);
    } else {
      ++refused;
      CHECK(outcome.status == 1);
      CHECK_THAT(outcome.line, Contains("data.mdb") && Contains("history.git"));
    }
  }
  CHECK(refused > 50);
}

TEST_CASE("every single byte of a header matters or does not") {
  const Scratch scratch;
  const std::string directory = scratch.Path("state");
  const std::string good = SmallStore(directory);
  for (std::size_t at = 0; at < 2 * 4096; at += at % 4096 < 160 ? 7 : 1013) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x41);
    WriteFile(directory + "/data.mdb", bad);
    const Outcome outcome = Check(directory);
    INFO("byte " << at << ": " << outcome.status << " " << outcome.line);
    CHECK(outcome.status <= 1);
    CHECK_FALSE(outcome.line.empty());
  }
}

TEST_CASE("files that are not the store are refused with the way out") {
  const Scratch scratch;
  const std::string directory = scratch.Path("state");
  const std::string good = SmallStore(directory);
  const std::string file = directory + "/data.mdb";
  SECTION("cut off") {
    for (std::size_t pages = 1; pages < good.size() / 4096; pages += 9) {
      WriteFile(file, good.substr(0, pages * 4096 - (pages % 2) * 100));
      INFO(pages << " pages");
      CheckRefused(directory);
    }
  }
  SECTION("only zeros") {
    WriteFile(file, std::string(good.size(), '\0'));
    CheckRefused(directory);
  }
  SECTION("empty, in a directory that has been used") {
    std::filesystem::create_directory(directory + "/history.git");
    WriteFile(file, "");
    CheckRefused(directory);
  }
  SECTION("text") {
    WriteFile(file, std::string(50'000, 'x'));
    CheckRefused(directory);
  }
  SECTION("another program's LMDB file") {
    std::filesystem::remove(file);
    std::filesystem::remove(directory + "/lock.mdb");
    MDB_env* env = nullptr;
    MDB_txn* txn = nullptr;
    MDB_dbi dbi = 0;
    mdb_env_create(&env);
    mdb_env_set_maxdbs(env, 2);
    REQUIRE(mdb_env_open(env, directory.c_str(), 0, 0600) == 0);
    REQUIRE(mdb_txn_begin(env, nullptr, 0, &txn) == 0);
    REQUIRE(mdb_dbi_open(txn, "theirs", MDB_CREATE, &dbi) == 0);
    REQUIRE(mdb_txn_commit(txn) == 0);
    mdb_env_close(env);
    const std::string theirs = ReadFile(file);
    CheckRefused(directory);
    CHECK(ReadFile(file) == theirs);
  }
}

}  // namespace kadende::tests
