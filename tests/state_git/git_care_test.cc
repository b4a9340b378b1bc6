#include "state/git_care.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "engine/model/spec_hash.h"
#include "tests/contract/history_care_contract.h"
#include "tests/contract/history_contract.h"
#include "tests/state_git/support.h"

using namespace kadende;
using namespace kadende::tests;
using base::ErrorCode;

namespace {

const base::TimePoint kStart = base::FromUnixMillis(1'763'800'000'000);

// A history of five versions, one an hour.
class Versions {
 public:
  explicit Versions(bool enclosed = false) : enclosing_(enclosed ? folder_ / "repo" : "") {
    if (enclosed) {
      MakeFolder(enclosing_);
      Git(enclosing_, "init -q .");
    }
    history_ = OpenHistory(folder_ / ".kadende", enclosing_);
    state_ = SampleCluster();
    state_.cluster.spec_hash = model::SpecHash(state_.cluster.spec_text, state_.cluster.variables);
    for (std::uint32_t i = 0; i < 5; ++i) Next();
  }

  void Next() {
    ++made_;
    model::NodeRecord node = SampleNode(state_, "web", 1, 1);
    node.address = "10.0.1." + std::to_string(made_);
    state_.Apply(model::NodeChanged{"web", node});
    const auto result = history_->Publish({&state_,
                                           Time(made_),
                                           "apply shop: ~" + std::to_string(made_),
                                           "the plan",
                                           "ann@host",
                                           "{\"of\":" + std::to_string(made_) + "}",
                                           {}});
    if (!result) FAIL(result.error().message);
    MarkPublished(&state_, *result);
  }

  static base::TimePoint Time(std::uint64_t serial) { return kStart + std::chrono::hours(serial); }
  [[nodiscard]] state::GitOptions Options() const { return {folder_ / ".kadende", enclosing_, false}; }
  [[nodiscard]] std::string Repository() const { return folder_ / ".kadende/history.git"; }
  [[nodiscard]] const std::string& Enclosing() const { return enclosing_; }
  [[nodiscard]] std::unique_ptr<ports::HistoryCare> Care() const { return state::OpenGitCare(Options()); }
  ports::History& History() { return *history_; }
  model::ClusterState& State() { return state_; }

  // Versions from `serial` on are kept.
  base::Result<ports::CompactResult> CompactTo(std::uint64_t serial) {
    return Care()->Compact({"shop", state_.cluster.commit, Time(serial) + std::chrono::minutes(1), Time(10), "bob"});
  }

 private:
  ScratchFolder folder_;
  std::string enclosing_;
  std::unique_ptr<ports::History> history_;
  model::ClusterState state_;
  std::uint64_t made_ = 0;
};

// A commit on top of the branch, made of its tip with another message (by a script of sed) and another tree (by a line
// of shell that changes the index).
void Forge(const std::string& repository, const std::string& tree_change, const std::string& message_change) {
  const std::string branch = "refs/heads/kadende/shop";
  const std::string message = Git(repository, "log -1 --format=%B " + branch);
  WriteFile(repository + "/message", message + "\n");
  Git(repository, "read-tree " + branch);
  if (!tree_change.empty()) Shell("cd " + repository + " && export GIT_DIR=. && " + tree_change);
  if (!message_change.empty()) Shell("sed -i '" + message_change + "' " + repository + "/message");
  const std::string tree = Git(repository, "write-tree");
  const std::string commit =
      Git(repository, "-c user.name=x -c user.email=x@y commit-tree " + tree + " -p " + branch + " -F message");
  Git(repository, "update-ref " + branch + " " + commit);
}

std::string Replace(const std::string& file, const std::string& sed) {
  return "id=$(git cat-file -p HEAD:" + file + " | sed '" + sed +
         "' | git hash-object -w --stdin) && git update-index --cacheinfo 100644,$id," + file;
}

const std::string kSlot200 = "groups/web/nodes/000000/00000001.jsonl";
const std::string kTo3 = "s/\\(slot.:200,.incarnation.:\\)4/\\13/";

class GitCareFixture : public HistoryCareFixture {
 public:
  GitCareFixture() : history_(OpenHistory(folder_ / ".kadende")) {
    care_ = state::OpenGitCare({folder_ / ".kadende", {}, false});
  }
  ports::History& History() override { return *history_; }
  ports::HistoryCare& Care() override { return *care_; }
  void ForgeSerial(std::uint64_t serial) override { Forge(Repository(), "", SerialIs(serial)); }
  void ForgeFall() override { Forge(Repository(), Replace(kSlot200, kTo3), SerialIs(6)); }
  void Lose(const std::string& commit) override {
    std::filesystem::remove(Repository() + "/objects/" + commit.substr(0, 2) + "/" + commit.substr(2));
  }

 private:
  [[nodiscard]] std::string Repository() const { return folder_ / ".kadende/history.git"; }
  [[nodiscard]] static std::string SerialIs(std::uint64_t serial) {
    return "s/Kadende-Serial: .*/Kadende-Serial: " + std::to_string(serial) + "/";
  }

  ScratchFolder folder_;
  std::unique_ptr<ports::History> history_;
  std::unique_ptr<ports::HistoryCare> care_;
};

ports::HistoryCheck Verify(const Versions& versions) {
  auto check = versions.Care()->Verify("shop");
  if (!check) FAIL(check.error().message);
  return *check;
}

}  // namespace

TEST_CASE("git keeps the contract of the care of histories") {
  CheckHistoryCareContract([] { return std::make_unique<GitCareFixture>(); });
}

TEST_CASE("the first bad record is named, with its place") {
  Versions versions;
  const std::string repository = versions.Repository();
  const auto forge = [&](const std::string& tree_change, const std::string& message_change) {
    Forge(repository, tree_change, message_change);
  };
  const std::string next = "s/Kadende-Serial: 5/Kadende-Serial: 6/";
  const std::string chunk = "groups/web/nodes/000000/00000000.jsonl";

  SECTION("a serial that does not follow") {
    forge("", "");
    const auto check = Verify(versions);
    REQUIRE(check.fault);
    CHECK(check.versions == 5);
    CHECK(check.fault->place.starts_with("serial 5 ("));
    CHECK(check.fault->cause == "its serial is 5, the version before it has 5");
  }
  SECTION("a commit of somebody else") {
    forge("", "/^Kadende-/d");
    REQUIRE(Verify(versions).fault);
    CHECK(Verify(versions).fault->cause == "its message has no Kadende-Serial");
  }
  SECTION("a specification that was edited") {
    forge(Replace("spec.yaml", "s/shop/shoq/"), next);
    REQUIRE(Verify(versions).fault);
    CHECK(Verify(versions).fault->place.ends_with("spec.yaml"));
  }
  SECTION("an incarnation that fell") {
    forge(Replace(kSlot200, kTo3), next);
    REQUIRE(Verify(versions).fault);
    CHECK(Verify(versions).fault->place.ends_with(kSlot200));
    CHECK(Verify(versions).fault->cause ==
          "slot 200 fell from incarnation 4 to 3: an incarnation could be issued twice");
  }
  SECTION("a line that cannot be read") {
    forge(Replace(chunk, "2s/}$//"), next);
    REQUIRE(Verify(versions).fault);
    CHECK(Verify(versions).fault->cause.find("line 2: ") != std::string::npos);
  }
  SECTION("an object that is gone") {
    const std::string id = Git(repository, "rev-parse kadende/shop~2:" + chunk);
    std::filesystem::remove(repository + "/objects/" + id.substr(0, 2) + "/" + id.substr(2));
    REQUIRE(Verify(versions).fault);
    CHECK(Verify(versions).fault->place.starts_with("serial 3 ("));
    CHECK(Verify(versions).versions == 2);
  }
  SECTION("a commit that is gone") {
    const std::string id = Git(repository, "rev-parse kadende/shop~2");
    std::filesystem::remove(repository + "/objects/" + id.substr(0, 2) + "/" + id.substr(2));
    REQUIRE(Verify(versions).fault);
    CHECK(Verify(versions).fault->place.starts_with("the version before serial 4 ("));
  }
}

TEST_CASE("old versions are left out, kept ones stay as they are") {
  Versions versions(true);
  const std::string before = Dump(versions.History().Read("shop", "3")->state).substr(0, 200);
  const std::string old_tip = versions.State().cluster.commit;
  const std::string old_tree = Git(versions.Repository(), "rev-parse " + old_tip + "^{tree}");
  const auto compacted = versions.CompactTo(3);
  REQUIRE(compacted);
  CHECK(compacted->removed == 2);
  CHECK(compacted->kept == 3);
  CHECK(compacted->published.serial == 6);
  CHECK(compacted->published.warnings.empty());

  const auto log = versions.History().Log("shop", 0);
  REQUIRE(log->size() == 4);
  CHECK(log->front().trailers.at("Kadende-Compacted-From") == "5 " + old_tip);
  CHECK(log->front().subject == "compact shop: 2 versions before serial 3 left out");
  CHECK(log->front().actor == "bob");
  CHECK(log->back().serial == 3);
  CHECK(log->back().body == "the plan");
  CHECK(log->back().time == Versions::Time(3));
  CHECK(Git(versions.Repository(), "rev-parse kadende/shop^{tree}") == old_tree);
  CHECK(versions.History().Read("shop", "4")->plan == "{\"of\":4}");
  CHECK(versions.History().Read("shop", "3")->state.groups.at("web").nodes.at({1, 1}).address == "10.0.1.3");
  CHECK_FALSE(Verify(versions).fault);
  CHECK(Verify(versions).oldest_serial == 3);
  CheckFsck(versions.Repository());
  // The repository around the configuration follows.
  CHECK(Git(versions.Enclosing(), "rev-parse kadende/shop") == compacted->published.commit);
}

TEST_CASE("a long history is read by several threads, all of it, and of two faults the older one is told") {
  Versions versions;
  for (int i = 5; i < 240; ++i) versions.Next();
  const auto whole = versions.Care()->Verify("shop");
  REQUIRE(whole);
  INFO((whole->fault ? whole->fault->place + ": " + whole->fault->cause : ""));
  CHECK_FALSE(whole->fault);
  CHECK(whole->versions == 240);
  CHECK(whole->oldest_serial == 1);
  CHECK(whole->newest_serial == 240);
  const Output counted = Shell("cd " + versions.Repository() +
                               " && git rev-list --objects kadende/shop | cut -d' ' -f1 | git cat-file "
                               "--batch-check='%(objecttype)' | grep -cv commit");
  CHECK(std::to_string(whole->objects) == counted.text.substr(0, counted.text.find('\n')));

  const auto lose_plan = [&](int serial) {
    const std::string id =
        Git(versions.Repository(), "rev-parse kadende/shop~" + std::to_string(240 - serial) + ":plan.json");
    REQUIRE(std::filesystem::remove(versions.Repository() + "/objects/" + id.substr(0, 2) + "/" + id.substr(2)));
  };
  lose_plan(200);
  CHECK(versions.Care()->Verify("shop")->fault.value().place.starts_with("serial 200 ("));
  lose_plan(90);
  const auto broken = versions.Care()->Verify("shop");
  CHECK(broken->fault.value().place.starts_with("serial 90 ("));
  CHECK(broken->versions == 89);
}
