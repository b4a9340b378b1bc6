// The user's repository around the configuration, in every condition that it may be in.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/contract/history_contract.h"
#include "tests/state_git/support.h"

using namespace kadende;
using namespace kadende::tests;
using model::ClusterState;

namespace {

class World {
 public:
  World() { MakeFolder(repo()); }

  [[nodiscard]] std::string repo() const { return folder_ / "repo"; }
  [[nodiscard]] std::string own() const { return folder_ / "state/history.git"; }
  std::string operator/(const std::string& name) const { return folder_ / name; }

  void Init() {
    Git(repo(), "init -q .");
    WriteFile(repo() + "/file", "one\n");
    Git(repo(), "add file");
    Git(repo(), "commit -q -m first");
  }

  // Publishes another version; the warnings.
  std::vector<std::string> Publish(const std::string& from) { return Publish(*OpenHistory(folder_ / "state", from)); }
  std::vector<std::string> Publish(ports::History& history) {
    model::NodeRecord node = SampleNode(state, "web", 2, 1);
    node.address = "address " + std::to_string(++versions_);
    state.Apply(model::NodeChanged{"web", node});
    const auto result =
        history.Publish({&state, base::FromUnixMillis(1'763'800'000'000), "apply shop", "", "ann", "{}"});
    if (!result) FAIL(result.error().message);
    MarkPublished(&state, *result);
    return result->warnings;
  }

  void PublishAndCheck(const std::string& from, const std::string& repository) {
    CHECK(Publish(from) == std::vector<std::string>{});
    CHECK(Publish(from) == std::vector<std::string>{});
    CheckSame(repository);
  }
  void CheckSame(const std::string& repository) {
    CHECK(Git(repository, "rev-parse kadende/shop") == state.cluster.commit);
    CheckFsck(repository);
  }

  // The next publish makes the same version again.
  void Forget() { --versions_; }

  ClusterState state = SampleCluster();

 private:
  ScratchFolder folder_;
  int versions_ = 0;
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMeasured = false;  // what is freed stays resident for a while
#else
constexpr bool kMeasured = true;
#endif

long ResidentPages() {
  long all = 0;
  long resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident;
}

// A repository of format version 1, which libgit2 1.5 loses memory at opening.
void AddExtension(const std::string& repository, const std::string& name) {
  Git(repository, "config core.repositoryformatversion 1");
  Git(repository, "config extensions." + name + " true");
}

// Pages that a process gains by `publishes` after it has warmed up, as a part of what it had.
double Growth(World& world, const std::string& from, int publishes) {
  const auto history = OpenHistory(world / "state", from);
  for (int i = 0; i < 20; ++i) world.Publish(*history);
  const long before = ResidentPages();
  for (int i = 0; i < publishes; ++i) world.Publish(*history);
  return static_cast<double>(ResidentPages() - before) / static_cast<double>(before);
}

}  // namespace

TEST_CASE("a repository with a dirty work tree and index keeps both") {
  World world;
  world.Init();
  WriteFile(world.repo() + "/file", "two\n");
  WriteFile(world.repo() + "/staged", "staged\n");
  Git(world.repo(), "add staged");
  WriteFile(world.repo() + "/untracked", "x");
  const std::string before = Git(world.repo(), "status --porcelain=v2 --branch");
  const std::string index = ReadFile(world.repo() + "/.git/index");
  world.PublishAndCheck(world.repo(), world.repo());
  CHECK(Git(world.repo(), "status --porcelain=v2 --branch") == before);
  CHECK(ReadFile(world.repo() + "/.git/index") == index);
  CHECK(Git(world.repo(), "log --format=%s main") == "first");
}

TEST_CASE("a folder below the top of the work tree") {
  World world;
  world.Init();
  MakeFolder(world.repo() + "/deploy/shop");
  world.PublishAndCheck(world.repo() + "/deploy/shop", world.repo());
}

TEST_CASE("a detached HEAD stays where it is") {
  World world;
  world.Init();
  Git(world.repo(), "checkout -q --detach");
  const std::string head = Git(world.repo(), "rev-parse HEAD");
  world.PublishAndCheck(world.repo(), world.repo());
  CHECK(Git(world.repo(), "rev-parse HEAD") == head);
}

TEST_CASE("a linked work tree writes to the common repository") {
  World world;
  world.Init();
  Git(world.repo(), "worktree add -q ../linked");
  world.PublishAndCheck(world / "linked", world.repo());
}

TEST_CASE("a submodule gets the branch, its superproject does not") {
  World world;
  world.Init();
  MakeFolder(world / "super");
  Git(world / "super", "init -q .");
  Git(world / "super", "submodule -q add ../repo sub");
  world.PublishAndCheck(world / "super/sub", world / "super/sub");
  CHECK(Git(world / "super", "branch --list 'kadende/*'").empty());
}

TEST_CASE("a shallow clone") {
  World world;
  world.Init();
  Git(world.repo(), "commit -q --allow-empty -m second");
  Git(world.repo(), "clone -q --depth 1 file://" + world.repo() + " ../shallow");
  world.PublishAndCheck(world / "shallow", world / "shallow");
}

TEST_CASE("a bare repository") {
  World world;
  Git(world.repo(), "init -q --bare .");
  world.PublishAndCheck(world.repo(), world.repo());
}

TEST_CASE("a brand-new repository without commits") {
  World world;
  Git(world.repo(), "init -q .");
  world.PublishAndCheck(world.repo(), world.repo());
  CHECK(Git(world.repo(), "symbolic-ref HEAD") == "refs/heads/main");
}

TEST_CASE("no repository at all is no reason to warn") {
  World world;
  CHECK(world.Publish(world.repo()).empty());
  CHECK(world.Publish(world / "does-not-exist").empty());
}

TEST_CASE("our own history is not taken for the enclosing repository") {
  World world;
  CHECK(world.Publish(world.repo()).empty());
  CHECK(world.Publish(world.own()).empty());
  CHECK(world.Publish(world.own() + "/refs").empty());
}

TEST_CASE("a repository that appears later gets the whole line") {
  World world;
  for (int i = 0; i < 3; ++i) CHECK(world.Publish(world.repo()).empty());
  world.Init();
  world.PublishAndCheck(world.repo(), world.repo());
  CHECK(Git(world.repo(), "rev-list --count kadende/shop") == "5");
}

TEST_CASE("a history that is gone is made anew from the working store, once") {
  World world;
  for (int i = 0; i < 3; ++i) CHECK(world.Publish("").empty());
  const std::string lost = world.state.cluster.commit;
  std::filesystem::remove_all(world.own());
  const auto warnings = world.Publish("");
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].find("the published history of shop was gone: its commit " + lost + " (serial 3)") == 0);
  CHECK(world.state.cluster.serial == 4);
  CHECK(world.Publish("").empty());
  CheckFsck(world.own());
  CHECK(Git(world.own(), "log -1 --format=%B kadende/shop~1").find("\nKadende-History-Lost: 3 " + lost) !=
        std::string::npos);
  const auto read = OpenHistory(world / "state")->Read("shop", "HEAD");
  REQUIRE(read);
  CHECK(Dump(read->state) == Dump(world.state));
}

TEST_CASE("a history made anew that the store did not hear of is not made again") {
  World world;
  CHECK(world.Publish("").empty());
  std::filesystem::remove_all(world.own());
  const ClusterState before = world.state;
  CHECK(world.Publish("").size() == 1);
  const std::string made = world.state.cluster.commit;
  world.state = before;
  world.Forget();
  CHECK(world.Publish("").empty());
  CHECK(world.state.cluster.commit == made);
  CHECK(world.state.cluster.serial == 2);
}

TEST_CASE("a history that is gone goes on behind what the enclosing repository still has") {
  World world;
  world.Init();
  CHECK(world.Publish(world.repo()).empty());
  const std::string kept = world.state.cluster.commit;
  CHECK(world.Publish("").empty());
  std::filesystem::remove_all(world.own());
  CHECK(world.Publish(world.repo()).size() == 1);
  CHECK(Git(world.own(), "rev-parse kadende/shop~1") == kept);
  CHECK(world.state.cluster.serial == 3);
  world.CheckSame(world.repo());
  world.CheckSame(world.own());
}

TEST_CASE("objects of the history that are gone: the error says what helps") {
  World world;
  CHECK(world.Publish("").empty());
  std::filesystem::remove_all(world.own() + "/objects");
  MakeFolder(world.own() + "/objects");
  const auto result = OpenHistory(world / "state")
                          ->Publish({&world.state, base::FromUnixMillis(1'763'800'000'000), "apply", "", "ann", "{}"});
  REQUIRE_FALSE(result);
  const std::string remedy = "restore history.git in the state directory from a backup, or move it away";
  CHECK(result.error().message.find(remedy) != std::string::npos);
  const auto tip = OpenHistory(world / "state")->Tip("shop");
  REQUIRE_FALSE(tip);
  CHECK(tip.error().message.find(remedy) != std::string::npos);
}

TEST_CASE("a branch that is behind is brought up to date") {
  World world;
  world.Init();
  CHECK(world.Publish(world.repo()).empty());
  for (int i = 0; i < 3; ++i) CHECK(world.Publish("").empty());
  world.PublishAndCheck(world.repo(), world.repo());
  CHECK(Git(world.repo(), "rev-list --count kadende/shop") == "6");
}

TEST_CASE("a branch that somebody else moved is left alone") {
  World world;
  world.Init();
  CHECK(world.Publish(world.repo()).empty());
  Git(world.repo(), "branch -f kadende/shop main");
  const auto warnings = world.Publish(world.repo());
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].find("somebody else moved it") != std::string::npos);
  CHECK(Git(world.repo(), "rev-parse kadende/shop") == Git(world.repo(), "rev-parse main"));
  Git(world.repo(), "branch -q -D kadende/shop");
  world.PublishAndCheck(world.repo(), world.repo());
}

TEST_CASE("a branch that is checked out is left alone") {
  World world;
  world.Init();
  CHECK(world.Publish(world.repo()).empty());
  Git(world.repo(), "checkout -q kadende/shop");
  const auto warnings = world.Publish(world.repo());
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].find("is checked out there") != std::string::npos);
  CHECK(Git(world.repo(), "status --porcelain").empty());
  Git(world.repo(), "checkout -q main");
  world.PublishAndCheck(world.repo(), world.repo());
}

TEST_CASE("a branch that is checked out in a linked work tree is left alone") {
  World world;
  world.Init();
  CHECK(world.Publish(world.repo()).empty());
  Git(world.repo(), "worktree add -q ../linked kadende/shop");
  CHECK(world.Publish(world.repo()).size() == 1);
  CHECK(world.Publish(world / "linked").size() == 1);
  Git(world / "linked", "checkout -q --detach");
  world.PublishAndCheck(world.repo(), world.repo());
}

TEST_CASE("a branch called kadende is in the way") {
  World world;
  world.Init();
  Git(world.repo(), "branch kadende");
  const auto warnings = world.Publish(world.repo());
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].find("was not updated") != std::string::npos);
}

TEST_CASE("a damaged repository and one with another hash are warnings") {
  World world;
  SECTION("damaged") {
    MakeFolder(world.repo() + "/.git/objects");
    MakeFolder(world.repo() + "/.git/refs");
    WriteFile(world.repo() + "/.git/HEAD", "ref: refs/heads/main\n");
    WriteFile(world.repo() + "/.git/config", "[core\n");
  }
  SECTION("sha256") {
    Git(world.repo(), "init -q --object-format=sha256 .");
  }
  const auto warnings = world.Publish(world.repo());
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].find("cannot open the git repository around") != std::string::npos);
}

TEST_CASE("a repository that cannot be written is a warning") {
  World world;
  world.Init();
  // As somebody who may not, also where the tests are run by root.
  const bool root = geteuid() == 0;
  if (root) Shell("chown -R 65534 '" + world.repo() + "'");
  Shell("chmod -R a-w '" + world.repo() + "/.git'");
  const auto warnings = world.Publish(world.repo());
  REQUIRE(warnings.size() == 1);
  CHECK(warnings[0].find("was not updated in the git repository " + world.repo() + "/.git") != std::string::npos);
  Shell("chmod -R u+w '" + world.repo() + "/.git'");
  world.PublishAndCheck(world.repo(), world.repo());
}

TEST_CASE("root writes to somebody's repository as that somebody") {
  if (geteuid() != 0) return;
  World world;
  world.Init();
  Shell("chown -R 65534:65534 '" + world.repo() + "'");
  world.PublishAndCheck(world.repo(), world.repo());
  CHECK(Shell("find '" + world.repo() + "' -not -user 65534 -not -name .").text.empty());
}

TEST_CASE("our own history that was deleted comes back from the enclosing repository") {
  World world;
  world.Init();
  world.PublishAndCheck(world.repo(), world.repo());
  std::filesystem::remove_all(world.own());
  const auto history = OpenHistory(world / "state", world.repo());
  CHECK(history->Read("shop", "1")->commit.serial == 1);
  CHECK(Dump(history->Read("shop", "HEAD")->state) == Dump(world.state));
  world.PublishAndCheck(world.repo(), world.repo());
  CHECK(Git(world.own(), "rev-list --count kadende/shop") == "4");
  CheckFsck(world.own());
}

TEST_CASE("a rename is carried over") {
  World world;
  world.Init();
  CHECK(world.Publish(world.repo()).empty());
  REQUIRE(OpenHistory(world / "state", world.repo())->Rename("shop", "store"));
  CHECK(Git(world.repo(), "branch --list 'kadende/*' --format='%(refname:short)'") == "kadende/store");
  world.state.cluster.name = "store";
  CHECK(world.Publish(world.repo()).empty());
  CHECK(Git(world.repo(), "rev-parse kadende/store") == world.state.cluster.commit);
}

TEST_CASE("the author is who git says, also in the enclosing repository's settings") {
  World world;
  world.Init();
  Git(world.repo(), "config user.name 'Ann <Example>'");
  Git(world.repo(), "config user.email ann@example.org");
  world.PublishAndCheck(world.repo(), world.repo());
  CHECK(Git(world.repo(), "log -1 --format='%an|%ae|%cn' kadende/shop") == "Ann Example|ann@example.org|Ann Example");
}

TEST_CASE("hundreds of publishes beside a repository with extensions take no more memory than one") {
  World world;
  world.Init();
  SECTION("of a kind that libgit2 knows") {
    AddExtension(world.repo(), "noop");
    CHECK((Growth(world, world.repo(), 200) < 0.25 || !kMeasured));
    CheckFsck(world.repo());
  }
  SECTION("of a kind that it refuses") {
    AddExtension(world.repo(), "worktreeConfig");
    CHECK((Growth(world, world.repo(), 200) < 0.25 || !kMeasured));
    CHECK(world.Publish(world.repo()).size() == 1);
  }
}

TEST_CASE("a repository that is moved, removed or replaced beside a running watch is found anew") {
  World world;
  world.Init();
  const auto history = OpenHistory(world / "state", world.repo());
  CHECK(world.Publish(*history).empty());
  SECTION("replaced by another one") {
    std::filesystem::rename(world.repo(), world / "moved");
    const std::string last = world.state.cluster.commit;
    MakeFolder(world.repo());
    world.Init();
    CHECK(world.Publish(*history).empty());
    world.CheckSame(world.repo());
    CHECK(Git(world / "moved", "rev-parse kadende/shop") == last);
  }
  SECTION("gone, and back") {
    std::filesystem::rename(world.repo() + "/.git", world / "moved");
    CHECK(world.Publish(*history).empty());
    std::filesystem::rename(world / "moved", world.repo() + "/.git");
    CHECK(world.Publish(*history).empty());
    world.CheckSame(world.repo());
  }
  SECTION("hidden by one further in") {
    const std::string inner = world.repo() + "/deploy";
    MakeFolder(inner);
    const auto from_inner = OpenHistory(world / "state", inner);
    CHECK(world.Publish(*from_inner).empty());
    Git(inner, "init -q .");
    CHECK(world.Publish(*from_inner).empty());
    world.CheckSame(inner);
  }
  SECTION("with other settings") {
    Git(world.repo(), "config user.name Bea");
    Git(world.repo(), "config user.email bea@example.org");
    CHECK(world.Publish(*history).empty());
    CHECK(Git(world.repo(), "log -1 --format=%an kadende/shop") == "Bea");
  }
  SECTION("mended after it was refused") {
    AddExtension(world.repo(), "worktreeConfig");
    CHECK(world.Publish(*history).size() == 1);
    Git(world.repo(), "config --unset extensions.worktreeConfig");
    CHECK(world.Publish(*history).empty());
    world.CheckSame(world.repo());
  }
}
