// The doubles in memory keep the contracts that the real ones keep: what tests of other rooms find out with them holds.
#include <catch2/catch.hpp>
#include <memory>

#include "tests/contract/history_care_contract.h"
#include "tests/contract/history_contract.h"
#include "tests/contract/lines_contract.h"
#include "tests/contract/node_history_contract.h"
#include "tests/contract/remote_contract.h"
#include "tests/support/memory_care.h"
#include "tests/support/memory_history.h"
#include "tests/support/memory_lines.h"
#include "tests/support/memory_node_history.h"
#include "tests/support/memory_remote.h"

using namespace kadende;
using namespace kadende::tests;

namespace {

class HistoryInMemory : public HistoryFixture {
 public:
  std::unique_ptr<ports::History> Make() override { return std::make_unique<test::MemoryHistory>(repository_); }

 private:
  test::MemoryRepository repository_;
};

class NodesInMemory : public NodeHistoryFixture {
 public:
  ports::History& History() override { return history_; }
  ports::NodeHistory& Nodes() override { return nodes_; }

 private:
  test::MemoryHistory history_;
  test::MemoryNodeHistory nodes_{history_};
};

class LinesInMemory : public LinesFixture {
 public:
  LinesInMemory() { Restart(); }
  ports::History& History() override { return *history_; }
  ports::Lines& Lines() override { return *lines_; }
  ports::HistoryCare& Care() override { return *care_; }
  void Restart() override {
    history_ = std::make_unique<test::MemoryHistory>(repository_);
    lines_ = std::make_unique<test::MemoryLines>(repository_);
    care_ = std::make_unique<test::MemoryCare>(repository_);
  }

 private:
  test::MemoryRepository repository_;
  std::unique_ptr<test::MemoryHistory> history_;
  std::unique_ptr<test::MemoryLines> lines_;
  std::unique_ptr<test::MemoryCare> care_;
};

class CareInMemory : public HistoryCareFixture {
 public:
  ports::History& History() override { return history_; }
  ports::HistoryCare& Care() override { return care_; }
  void ForgeSerial(std::uint64_t serial) override {
    Forge([&](test::MemoryCommit& commit) { commit.summary.serial = serial; });
  }
  void ForgeFall() override {
    Forge([](test::MemoryCommit& commit) {
      auto& rows = commit.state.groups.at("web").nodes;
      auto row = rows.extract({200, 4});
      row.key().incarnation = row.mapped().incarnation = 3;
      rows.insert(std::move(row));
    });
  }
  void Lose(const std::string& commit) override { repository_.Drop(commit); }

 private:
  void Forge(const std::function<void(test::MemoryCommit&)>& change) {
    const std::string branch = test::MemoryBranch("shop");
    const std::string tip = repository_.Ref(branch);
    test::MemoryCommit commit = *repository_.Find(tip);
    commit.parent = tip;
    ++commit.summary.serial;
    change(commit);
    REQUIRE(repository_.Move(branch, tip, repository_.Put(commit)));
  }

  test::MemoryRepository repository_;
  test::MemoryHistory history_{repository_};
  test::MemoryCare care_{repository_};
};

class Machine : public RemoteMachine {
 public:
  explicit Machine(test::MemoryRepository& server) : server_(server) { Restart(); }
  ports::History& history() override { return *history_; }
  ports::Remote& remote() override { return *remote_; }
  test::FakeClock& clock() override { return clock_; }
  void Restart() override {
    history_ = std::make_unique<test::MemoryHistory>(own_);
    remote_ = std::make_unique<test::MemoryRemote>(own_, server_, clock_, "host");
  }

 private:
  test::MemoryRepository& server_;
  test::MemoryRepository own_;
  test::FakeClock clock_;
  std::unique_ptr<test::MemoryHistory> history_;
  std::unique_ptr<test::MemoryRemote> remote_;
};

class TeamInMemory : public RemoteFixture {
 public:
  std::unique_ptr<RemoteMachine> NewMachine() override { return std::make_unique<Machine>(server_); }

 private:
  test::MemoryRepository server_;
};

}  // namespace

TEST_CASE("a history in memory keeps the contract of histories") {
  CheckHistoryContract([] { return std::make_unique<HistoryInMemory>(); });
}

TEST_CASE("a node history in memory keeps the contract of node histories") {
  CheckNodeHistoryContract([] { return std::make_unique<NodesInMemory>(); });
}

TEST_CASE("lines in memory keep the contract of lines") {
  CheckLinesContract([] { return std::make_unique<LinesInMemory>(); });
}

TEST_CASE("the care of a history in memory keeps the contract of its port") {
  CheckHistoryCareContract([] { return std::make_unique<CareInMemory>(); });
}

TEST_CASE("a remote in memory keeps the contract of remotes") {
  CheckRemoteContract([] { return std::make_unique<TeamInMemory>(); });
}
