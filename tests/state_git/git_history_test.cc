#include "state/git_history.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "engine/base/digest.h"
#include "state/git_maintenance.h"
#include "tests/contract/history_contract.h"
#include "tests/state_git/support.h"

using namespace kadende;
using namespace kadende::tests;
using base::ErrorCode;
using model::ClusterState;

namespace {

class GitFixture : public HistoryFixture {
 public:
  explicit GitFixture(bool enclosed) : enclosing_(enclosed ? folder_ / "repo" : "") {
    if (!enclosed) return;
    MakeFolder(enclosing_);
    Git(enclosing_, "init -q .");
  }
  std::unique_ptr<ports::History> Make() override { return OpenHistory(folder_ / ".kadende", enclosing_); }

 private:
  ScratchFolder folder_;
  std::string enclosing_;
};

ports::PublishRequest Request(const ClusterState& state) {
  return {&state, base::FromUnixMillis(1'763'800'000'000), "apply shop: +1", "the plan", "ann@host", "{}"};
}

ports::PublishResult Publish(ports::History& history, ClusterState* state) {
  const auto result = history.Publish(Request(*state));
  if (!result) FAIL(result.error().message);
  MarkPublished(state, *result);
  return *result;
}

void Touch(ClusterState* state, std::uint32_t ordinal, const std::string& address) {
  model::NodeRecord node = SampleNode(*state, "web", ordinal, 1);
  node.address = address;
  state->Apply(model::NodeChanged{"web", node});
}

long BytesWritten() {
  std::ifstream io("/proc/self/io");
  std::string key;
  for (long value = 0; io >> key >> value;) {
    if (key == "wchar:") return value;
  }
  return -1;
}

ClusterState LargeCluster(std::uint32_t size) {
  ClusterState state = SampleCluster();
  for (std::uint32_t i = 400; i < size; ++i) {
    state.Apply(model::NodeCreated{"web", SampleNode(state, "web", i, 1)});
  }
  return state;
}

}  // namespace

TEST_CASE("git history keeps the contract of histories") {
  CheckHistoryContract([] { return std::make_unique<GitFixture>(false); });
}

TEST_CASE("git history keeps the contract of histories inside a repository") {
  CheckHistoryContract([] { return std::make_unique<GitFixture>(true); });
}

TEST_CASE("a published version reads well with git") {
  const ScratchFolder folder;
  const auto history = OpenHistory(folder.path());
  ClusterState state = SampleCluster();
  Publish(*history, &state);
  Touch(&state, 2, "10.7.7.7");
  Publish(*history, &state);
  const std::string repository = folder / "history.git";
  CheckFsck(repository);
  CHECK(Git(repository, "ls-tree -r --name-only HEAD") ==
        "README.md\ngroups/data/db/group.json\n"
        "groups/data/db/nodes/000000/00000000.jsonl\n"
        "groups/web/group.json\n"
        "groups/web/nodes/000000/00000000.jsonl\n"
        "groups/web/nodes/000000/00000001.jsonl\n"
        "groups/web/nodes/000000/00000002.jsonl\n"
        "meta.json\nplan.json\nspec.yaml");
  CHECK(Git(repository, "log --format='%s|%an|%ae|%at|%(trailers:key=Kadende-Serial,valueonly,separator=%x2C)'") ==
        "apply shop: +1|kadende|kadende@localhost|1763800000|2\n"
        "apply shop: +1|kadende|kadende@localhost|1763800000|1");
  CHECK(Git(repository, "diff --numstat HEAD~ HEAD") == "1\t1\tgroups/web/nodes/000000/00000000.jsonl");
  CHECK(Git(repository, "diff HEAD~ HEAD").find("\"address\":\"10.7.7.7\"") != std::string::npos);
  CHECK(Git(repository, "show HEAD:README.md").find("| [data/db](groups/data/db) | 3 | sim | `") != std::string::npos);
  CHECK(Git(repository, "show HEAD:spec.yaml") + "\n" == state.cluster.spec_text);
}

TEST_CASE("a brake and its release are published while they hold, and leave nothing behind") {
  const ScratchFolder folder;
  const auto history = OpenHistory(folder.path());
  ClusterState state = SampleCluster();
  Publish(*history, &state);
  model::GroupRecord record = state.groups.at("web").record;
  const model::GroupRecord before = record;
  record.brakes = {{model::BrakeKind::kMaxUnhealthy, "3 of 4 live nodes are unhealthy", base::FromUnixMillis(1000)}};
  record.brakes.push_back({model::BrakeKind::kRate, "1 per 10m", base::FromUnixMillis(1), base::FromUnixMillis(9)});
  record.release = model::Release{"ann", base::FromUnixMillis(2000), base::FromUnixMillis(3000)};
  record.healing.given_up = {{base::FromUnixMillis(5), 2}};
  record.healing.troubles = {{1, record.target.revision, 3, 2, base::FromUnixMillis(6), base::FromUnixMillis(7), "x"}};
  record.holds = {{"1", "ann", "disk", base::FromUnixMillis(1), {}, {}}};
  record.holds[0].only.Add(model::Process::kScaleIn);
  state.Apply(model::GroupRecorded{record});
  Publish(*history, &state);
  CHECK(Dump(history->Read("shop", "HEAD")->state) == Dump(state));
  const std::string repository = folder / "history.git";
  CHECK(Git(repository, "show HEAD:groups/web/group.json").find("\"kind\": \"maxUnhealthy\"") != std::string::npos);
  state.Apply(model::GroupRecorded{before});
  Publish(*history, &state);
  CHECK(Git(repository, "rev-parse HEAD:groups/web/group.json") ==
        Git(repository, "rev-parse HEAD~2:groups/web/group.json"));
}

TEST_CASE("messages cannot forge trailers, headers or terminal output") {
  const ScratchFolder folder;
  const auto history = OpenHistory(folder.path());
  ClusterState state = SampleCluster();
  ports::PublishRequest request = Request(state);
  request.subject = "apply\nparent 1234\x1b[31m";
  request.body = "one\n\nKadende-Serial: 99\n\x1b]0;title\x07\n\n";
  request.actor = "eve\nKadende-Lineage: stolen";
  REQUIRE(history->Publish(request));
  const auto tip = history->Tip("shop");
  REQUIRE(tip);
  CHECK((*tip)->serial == 1);
  CHECK((*tip)->lineage == state.cluster.lineage);
  CHECK((*tip)->subject.find('\x1b') == std::string::npos);
  CHECK((*tip)->body.find('\x1b') == std::string::npos);
  CHECK((*tip)->body.substr(0, 24) == "one\n\nKadende-Serial: 99\n");
  CheckFsck(folder / "history.git");
}

TEST_CASE("group names that look like files of the layout do not collide with it") {
  const ScratchFolder folder;
  const auto history = OpenHistory(folder.path());
  ClusterState state = SampleCluster();
  // A removed group of which tombstones remain, and groups below its path today.
  for (const std::string path : {"data", "data/nodes", "data/group.json", "nodes", "group.json/nodes"}) {
    model::GroupRecord record = state.groups.at("web").record;
    record.path = path;
    state.Apply(model::GroupRecorded{record});
    state.Apply(model::NodeCreated{path, SampleNode(state, path, 0, 1)});
  }
  Publish(*history, &state);
  CHECK(Dump(history->Read("shop", "HEAD")->state) == Dump(state));
  state.groups.erase("data");
  state.dirty_groups.insert("data");
  Publish(*history, &state);
  CHECK(Dump(history->Read("shop", "HEAD")->state) == Dump(state));
  CheckFsck(folder / "history.git");
}

TEST_CASE("an empty group and an empty cluster can be published") {
  const ScratchFolder folder;
  const auto history = OpenHistory(folder.path());
  ClusterState state = SampleCluster();
  for (auto& [path, group] : state.groups) group.nodes.clear();
  Publish(*history, &state);
  CHECK(Dump(history->Read("shop", "HEAD")->state) == Dump(state));
  for (const char* const path : {"web", "data/db"}) {
    state.groups.erase(path);
    state.dirty_groups.insert(path);
  }
  Publish(*history, &state);
  CHECK(Git(folder / "history.git", "ls-tree --name-only HEAD") == "README.md\nmeta.json\nplan.json\nspec.yaml");
  CHECK(history->Read("shop", "HEAD")->state.groups.empty());
}

TEST_CASE("a large first commit is one pack, a small change a few objects") {
  const ScratchFolder folder;
  const auto history = OpenHistory(folder / "state", folder / "repo");
  MakeFolder(folder / "repo");
  Git(folder / "repo", "init -q .");
  ClusterState state = LargeCluster(20'000);
  CHECK(Publish(*history, &state).warnings.empty());
  const std::string own = folder / "state/history.git";
  CHECK(Git(own, "count-objects -v").find("count: 0\n") != std::string::npos);
  CHECK(Git(own, "count-objects -v").find("packs: 1\n") != std::string::npos);
  CHECK(Git(folder / "repo", "count-objects -v").find("packs: 1\n") != std::string::npos);
  const long before = BytesWritten();
  Touch(&state, 777, "10.9.9.9");
  Publish(*history, &state);
  CHECK(BytesWritten() - before < 50'000);  // both repositories together
  CHECK(Git(own, "count-objects").substr(0, 2) == "7 ");
  CHECK(Dump(history->Read("shop", "HEAD")->state) == Dump(state));
  CheckFsck(own);
  CheckFsck(folder / "repo");
}

TEST_CASE("many small commits are packed by the git program") {
  const ScratchFolder folder;
  const auto history = OpenHistory(folder.path());
  ClusterState state = SampleCluster();
  for (int i = 0; i < 700; ++i) {
    Touch(&state, 2, "address " + std::to_string(i));
    Publish(*history, &state);
  }
  CHECK(Git(folder / "history.git", "count-objects -v").find("packs: 1\n") != std::string::npos);
  CHECK(history->Log("shop", 0)->size() == 700);
  CHECK(Dump(history->Read("shop", "HEAD")->state) == Dump(state));
  CheckFsck(folder / "history.git");
}

TEST_CASE("what killed publishes left behind is removed a day later, and what a reference keeps stays") {
  const ScratchFolder folder;
  const std::string own = folder / "history.git";
  const std::string repo = folder / "repo";
  MakeFolder(repo);
  Git(repo, "init -q .");
  const auto history = OpenHistory(folder.path(), repo);
  ClusterState state = SampleCluster();
  for (int i = 0; i < 3; ++i) {
    Touch(&state, 2, "address " + std::to_string(i));
    Publish(*history, &state);
  }
  // As after a kill between the objects and the branch, in both repositories.
  Git(own, "update-ref refs/kadende/stranded/3 kadende/shop");
  Git(own, "update-ref refs/heads/kadende/shop kadende/shop~1");
  const std::string stranded = Git(own, "rev-parse refs/kadende/stranded/3");
  const std::string lost = Git(own, "commit-tree kadende/shop^{tree} -m lost");
  const std::string lost_there = Git(repo, "commit-tree kadende/shop^{tree} -m lost");
  const std::string half = own + "/objects/pack/pack_git2_abcdef";
  WriteFile(half, "PACK");
  Shell("find '" + own + "' '" + repo + "' -type f -exec touch -d '2 days ago' {} +");
  const std::string young = Git(own, "commit-tree kadende/shop^{tree} -m young");
  const std::string young_half = own + "/objects/pack/pack_git2_ghijkl";
  WriteFile(young_half, "PACK");

  state::Consolidate(own);
  CHECK(Shell("git -C '" + own + "' cat-file -e " + lost).status != 0);
  CHECK_FALSE(std::filesystem::exists(half));
  CHECK(std::filesystem::exists(young_half));
  Git(own, "cat-file -e " + young);
  CHECK(Git(own, "rev-list --count refs/kadende/stranded/3") == "3");
  CHECK(Git(own, "rev-parse refs/kadende/stranded/3") == stranded);
  Git(repo, "cat-file -e " + lost_there);
  CHECK(history->Log("shop", 0)->size() == 2);
  CheckFsck(own);
  CheckFsck(repo);
}

TEST_CASE("a lock that a killed process left on the branch is broken") {
  const ScratchFolder folder;
  const auto history = OpenHistory(folder.path());
  ClusterState state = SampleCluster();
  Publish(*history, &state);
  WriteFile(folder / "history.git/refs/heads/kadende/shop.lock", "");
  Touch(&state, 2, "10.7.7.7");
  CHECK(Publish(*history, &state).serial == 2);
}

TEST_CASE("damage is reported as such, with its place") {
  const ScratchFolder folder;
  const auto history = OpenHistory(folder.path());
  ClusterState state = SampleCluster();
  Publish(*history, &state);
  const std::string repository = folder / "history.git";
  const std::string blob = Git(repository, "rev-parse HEAD:groups/web/nodes/000000/00000001.jsonl");
  const std::string file = repository + "/objects/" + blob.substr(0, 2) + "/" + blob.substr(2);

  SECTION("a missing object") {
    std::filesystem::remove(file);
  }
  SECTION("a torn object") {
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    WriteFile(file, ReadFile(file).substr(0, 20));
  }
  const auto read = history->Read("shop", "HEAD");
  REQUIRE_FALSE(read);
  CHECK(read.error().code == ErrorCode::kCorrupt);
  CHECK(read.error().message.find("groups/web/nodes/000000/00000001.jsonl: git object " + blob) != std::string::npos);
  CHECK(read.error().message.find("history of shop: commit ") == 0);
}

TEST_CASE("a tree of a newer format, and one that kadende did not make, are refused") {
  const ScratchFolder folder;
  const auto history = OpenHistory(folder.path());
  ClusterState state = SampleCluster();
  Publish(*history, &state);
  const std::string repository = folder / "history.git";
  const auto commit = [&](const std::string& tree) {
    Git(repository, "update-ref refs/heads/kadende/shop $(git -C " + repository +
                        " -c user.name=x -c user.email=x commit-tree -m hello -p HEAD " + tree + ")");
  };
  SECTION("newer") {
    commit("$(printf '100644 blob %s\\tmeta.json\\n' $(printf '{\"format\":2}' | git -C " + repository +
           " hash-object -w --stdin) | git -C " + repository + " mktree)");
    const auto read = history->Read("shop", "HEAD");
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ErrorCode::kInvalid);
    CHECK(read.error().message.find("written by a newer kadende (format 2, this one reads 1)") != std::string::npos);
  }
  SECTION("somebody else's") {
    commit("$(git -C " + repository + " mktree </dev/null)");
    const auto read = history->Read("shop", "HEAD");
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ErrorCode::kCorrupt);
    CHECK(read.error().message.find("not a version that kadende published") != std::string::npos);
  }
  CHECK((*history->Tip("shop"))->subject == "hello");
}

TEST_CASE("reading only creates nothing") {
  const ScratchFolder folder;
  auto history = state::OpenGitHistory({folder / "state", "", true});
  REQUIRE(history);
  CHECK((*history)->Names()->empty());
  CHECK_FALSE((*history)->Tip("shop")->has_value());
  const ClusterState state = SampleCluster();
  CHECK((*history)->Publish(Request(state)).error().code == ErrorCode::kDenied);
  CHECK_FALSE(std::filesystem::exists(folder / "state"));
}

TEST_CASE("two processes that publish at the same time: one wins, or both in turn") {
  const ScratchFolder folder;
  {
    ClusterState state = SampleCluster("first");
    Publish(*OpenHistory(folder.path()), &state);
  }
  std::vector<pid_t> children;
  for (int child = 0; child < 4; ++child) {
    const pid_t pid = fork();
    if (pid == 0) {
      int won = 0;
      for (int i = 0; i < 20; ++i) {
        const auto history = state::OpenGitHistory({folder.path(), "", false});
        const ClusterState one = SampleCluster("contested" + std::to_string(i));
        const ClusterState own = SampleCluster("own" + std::to_string(child) + "-" + std::to_string(i));
        ClusterState mine = one;
        mine.cluster.lineage = "lineage" + std::to_string(child);
        if ((*history)->Publish(Request(mine))) ++won;
        if (!(*history)->Publish(Request(own))) _exit(100);
      }
      _exit(won);
    }
    children.push_back(pid);
  }
  int won = 0;
  for (const pid_t pid : children) {
    int status = 0;
    waitpid(pid, &status, 0);
    REQUIRE(WIFEXITED(status));
    REQUIRE(WEXITSTATUS(status) < 100);
    won += WEXITSTATUS(status);
  }
  CHECK(won == 20);
  CHECK(OpenHistory(folder.path())->Names()->size() == 101);
  CheckFsck(folder / "history.git");
}
