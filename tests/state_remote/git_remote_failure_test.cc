// What goes wrong between two machines: who is not let in, what is cut off in the middle, what is damaged.
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "state/git_remote.h"
#include "tests/contract/history_contract.h"
#include "tests/state_remote/support.h"

using namespace kadende;
using namespace kadende::tests;
using base::ErrorCode;
using model::ClusterState;

namespace {

base::Error FetchError(ports::Remote& remote) {
  const auto view = remote.Fetch("shop");
  REQUIRE_FALSE(view);
  return view.error();
}

bool Has(const std::string& text, const std::string& part) {
  INFO(text);
  const bool has = text.find(part) != std::string::npos;
  CHECK(has);
  return has;
}

}  // namespace

TEST_CASE("a remote that is not there is unavailable, and what was known of it stays known") {
  Pair pair;
  REQUIRE(pair.ann->remote().Push("shop", "", Publish(*pair.ann, &pair.state), ""));
  std::filesystem::rename(pair.fixture.bare(), pair.fixture.bare() + ".gone");
  const base::Error error = FetchError(pair.ann->remote());
  CHECK(error.code == ErrorCode::kUnavailable);
  Has(error.message, "cannot fetch from " + pair.fixture.url() + ": fatal: '" + pair.fixture.url() +
                         "' does not appear to be a git repository");
  CHECK(pair.ann->remote().Known("shop")->value().tip->id == pair.state.cluster.commit);
  const auto pushed = pair.ann->remote().Push("shop", pair.state.cluster.commit, pair.state.cluster.commit, "");
  CHECK(pushed.error().code == ErrorCode::kUnavailable);
}

TEST_CASE("a remote that does not answer is given up") {
  const ScratchFolder folder;
  test::FakeClock clock;
  setenv("GIT_SSH_COMMAND", "sleep 300 #", 1);
  const auto remote = state::OpenGitRemote(
      {folder / ".kadende", folder.path(), "ssh://git@192.0.2.1/x.git", &clock, std::chrono::milliseconds(500)});
  const base::Error error = FetchError(*remote);
  unsetenv("GIT_SSH_COMMAND");
  CHECK(error.code == ErrorCode::kUnavailable);
  Has(error.message, "cannot reach ssh://192.0.2.1/x.git: git fetch did not come to an end within 5s");
}

TEST_CASE("what ssh says of its failure is the reason that is shown") {
  const ScratchFolder folder;
  test::FakeClock clock;
  const auto fails_with = [&](const std::string& words) {
    setenv("GIT_SSH_COMMAND", ("printf '" + words + "\\r\\n' >&2; exit 255 #").c_str(), 1);
    const auto remote = state::OpenGitRemote(
        {folder / ".kadende", folder.path(), "ssh://git@git.example.org/x.git", &clock, std::chrono::seconds(30)});
    base::Error error = FetchError(*remote);
    unsetenv("GIT_SSH_COMMAND");
    return error;
  };
  const base::Error unknown = fails_with("ssh: Could not resolve hostname git.example.org: Name or service not known");
  CHECK(unknown.code == ErrorCode::kUnavailable);
  Has(unknown.message,
      "cannot fetch from ssh://git.example.org/x.git: ssh: Could not resolve hostname git.example.org: Name or "
      "service not known");
  const base::Error refused = fails_with("git@git.example.org: Permission denied (publickey).");
  CHECK(refused.code == ErrorCode::kDenied);
  Has(refused.message, "Permission denied (publickey).");
  Has(refused.message, "use an ssh agent, a credential helper or GIT_ASKPASS");
  CHECK(fails_with("Host key verification failed.").code == ErrorCode::kDenied);
}

TEST_CASE("a hook's refusal is shown, made harmless, and nothing has moved") {
  Pair pair;
  pair.Hook("pre-receive", "printf 'frozen until \\033[31mMonday\\n' >&2; exit 1");
  const auto pushed = pair.ann->remote().Push("shop", "", Publish(*pair.ann, &pair.state), "");
  REQUIRE_FALSE(pushed);
  CHECK(pushed.error().code == ErrorCode::kDenied);
  Has(pushed.error().message, "frozen until \\x1b[31mMonday");
  Has(pushed.error().message, "pre-receive hook declined");
  CHECK_FALSE(pair.bob->remote().Fetch("shop")->tip);
}

TEST_CASE("a push whose server dies before it took effect is tried again") {
  Pair pair;
  const std::string once = pair.fixture.bare() + "/died";
  pair.Hook("pre-receive", "[ -e '" + once + "' ] || { touch '" + once + "'; kill -9 $PPID; }");
  const auto pushed = pair.ann->remote().Push("shop", "", Publish(*pair.ann, &pair.state), "");
  if (!pushed) FAIL(pushed.error().message);
  CHECK(std::filesystem::exists(once));
  CHECK(pair.bob->remote().Fetch("shop")->tip->id == pair.state.cluster.commit);
}

TEST_CASE("a push whose server dies after it took effect is found to have worked") {
  Pair pair;
  const auto lease = Claim(*pair.ann, pair.state);
  pair.Hook("reference-transaction", "[ \"$1\" != committed ] || kill -9 $PPID");
  const auto pushed = pair.ann->remote().Push("shop", "", Publish(*pair.ann, &pair.state), lease->Current().commit);
  if (!pushed) FAIL(pushed.error().message);
  pair.NoHook("reference-transaction");
  const auto view = pair.bob->remote().Fetch("shop");
  CHECK(view->tip->id == pair.state.cluster.commit);
  CHECK_FALSE(view->claim);
}

TEST_CASE("a claim whose server dies after it took effect is found to have worked") {
  Pair pair;
  pair.Hook("reference-transaction", "[ \"$1\" != committed ] || kill -9 $PPID");
  const auto lease = Claim(*pair.ann, pair.state);
  pair.NoHook("reference-transaction");
  CHECK(pair.bob->remote().Fetch("shop")->claim->commit == lease->Current().commit);
}

TEST_CASE("a push that arrived unseen is found even where others have gone on from it") {
  Pair pair;
  const std::string first = Publish(*pair.ann, &pair.state);
  REQUIRE(pair.ann->remote().Push("shop", "", first, ""));
  Touch(&pair.state, 3);
  const std::string second = Publish(*pair.ann, &pair.state);
  Touch(&pair.state, 4);
  const std::string third = Publish(*pair.ann, &pair.state);
  REQUIRE(pair.ann->remote().Push("shop", first, third, ""));
  // As if the first attempt to push `second` had arrived, and somebody had put `third` on it.
  CHECK(pair.ann->remote().Push("shop", first, second, ""));
}

TEST_CASE("a damaged object on the remote is named, and nothing is taken over") {
  Pair pair;
  REQUIRE(pair.ann->remote().Push("shop", "", Publish(*pair.ann, &pair.state), ""));
  const std::string tree = Git(pair.fixture.bare(), "rev-parse refs/heads/kadende/shop^{tree}");
  Shell("cd '" + pair.fixture.bare() + "' && git unpack-objects -q < /dev/null; find objects -name '*.pack' | head -1");
  const std::string loose = pair.fixture.bare() + "/objects/" + tree.substr(0, 2) + "/" + tree.substr(2);
  REQUIRE(std::filesystem::exists(loose));
  Shell("chmod u+w '" + loose + "' && echo broken > '" + loose + "'");
  const base::Error error = FetchError(pair.bob->remote());
  CHECK(error.code == ErrorCode::kCorrupt);
  Has(error.message, tree);
  Has(error.message, "the remote repository is damaged");
  CHECK_FALSE(pair.bob->remote().Known("shop")->has_value());
}

TEST_CASE("a fetch whose connection breaks in the middle takes nothing over, and the next one works") {
  Pair pair;
  REQUIRE(pair.ann->remote().Push("shop", "", Publish(*pair.ann, &pair.state), ""));
  const std::string repo = pair.fixture.scratch() / "repo";
  MakeFolder(repo);
  Git(repo, "init -q .");
  Git(repo, "remote add origin " + pair.fixture.url());
  const std::string cut = pair.fixture.scratch() / "cut";
  WriteFile(cut, "#!/bin/sh\ngit-upload-pack \"$@\" | { dd bs=1 count=2000 status=none; kill -9 $$; }\n");
  REQUIRE(Shell("chmod +x '" + cut + "'").status == 0);
  Git(repo, "config remote.origin.uploadpack '" + cut + "'");
  const auto machine = MakeMachine(repo + "/.kadende", {repo, "origin"});
  const base::Error error = FetchError(machine->remote());
  INFO(error.message);
  CHECK(error.code == ErrorCode::kUnavailable);
  CHECK_FALSE(machine->remote().Known("shop")->has_value());
  Git(repo, "config --unset remote.origin.uploadpack");
  const auto view = machine->remote().Fetch("shop");
  if (!view) FAIL(view.error().message);
  CHECK(view->tip->id == pair.state.cluster.commit);
}

TEST_CASE("lock files that killed processes left in our own repository do not stop a fetch") {
  Pair pair;
  REQUIRE(pair.ann->remote().Push("shop", "", Publish(*pair.ann, &pair.state), ""));
  REQUIRE(pair.bob->remote().Fetch("other"));  // makes the repository
  const std::string own = pair.fixture.scratch() / "machine-1/.kadende/history.git";
  MakeFolder(own + "/refs/kadende/remote");
  WriteFile(own + "/refs/kadende/remote/shop.lock", "");
  WriteFile(own + "/packed-refs.lock", "");
  const auto view = pair.bob->remote().Fetch("shop");
  if (!view) FAIL(view.error().message);
  CHECK(view->tip->id == pair.state.cluster.commit);
}

TEST_CASE("what was known is unknown where the remote is another one, or the file is not readable") {
  Pair pair;
  REQUIRE(pair.ann->remote().Push("shop", "", Publish(*pair.ann, &pair.state), ""));
  REQUIRE(pair.ann->remote().Known("shop")->has_value());
  const std::string own = pair.fixture.scratch() / "machine-0/.kadende";
  const auto other = MakeMachine(own, {"", "/srv/other.git"});
  CHECK_FALSE(other->remote().Known("shop")->has_value());
  WriteFile(own + "/history.git/kadende-remote/shop.json", "{");
  CHECK_FALSE(pair.ann->remote().Known("shop")->has_value());
  CHECK(pair.ann->remote().Fetch("shop")->tip);
}

TEST_CASE("a run ref of a newer version, and a commit that is none, are refused by name") {
  Pair pair;
  const auto lease = Claim(*pair.ann, pair.state);
  const std::string bare = pair.fixture.bare();
  const std::string made = Git(
      bare, "show refs/kadende/run/shop:run.json | sed 's/\"format\": 1/\"format\": 2/' > '" + bare +
                "/run.json' && git -C '" + bare + "' update-ref refs/kadende/run/shop $(git -C '" + bare +
                "' -c user.name=a -c user.email=a commit-tree -m x $(printf '100644 blob %s\\trun.json\\n' $(git -C '" +
                bare + "' hash-object -w '" + bare + "/run.json') | git -C '" + bare + "' mktree))");
  const base::Error error = FetchError(pair.bob->remote());
  CHECK(error.code == ErrorCode::kInvalid);
  Has(error.message, "written by a newer kadende (format 2, this one reads 1); update kadende");
}

TEST_CASE("a token in the configuration of the repository around lets in, and is nowhere to be seen", "[http]") {
  const auto server = RemoteServer::Start(Transport::kHttp, "ci:hunter2");
  if (!server) return;
  ServerFixture fixture(*server);
  const std::string repo = fixture.scratch() / "repo";
  MakeFolder(repo);
  Git(repo, "init -q .");
  Git(repo, "remote add origin " + fixture.url());
  const auto ann = MakeMachine(repo + "/.kadende", {repo, "origin"});
  const base::Error refused = FetchError(ann->remote());
  CHECK(refused.code == ErrorCode::kDenied);
  Has(refused.message, "use an ssh agent, a credential helper or GIT_ASKPASS");

  // As CI systems leave it.
  Git(repo, "config http." + fixture.url() + ".extraheader 'Authorization: Basic Y2k6aHVudGVyMg=='");
  ClusterState state = SampleCluster();
  const std::string commit = Publish(*ann, &state);
  const auto pushed = ann->remote().Push("shop", "", commit, "");
  if (!pushed) FAIL(pushed.error().message);
  CHECK(ann->remote().Fetch("shop")->tip->id == commit);
  Git(repo, "config --unset http." + fixture.url() + ".extraheader");
  // In the address itself.
  std::string with_login = fixture.url();
  with_login.insert(with_login.find("://") + 3, "ci:hunter2@");
  const auto bob = MakeMachine(fixture.scratch() / "bob/.kadende", {"", with_login});
  const auto view = bob->remote().Fetch("shop");
  if (!view) FAIL(view.error().message);
  CHECK(view->address == fixture.url());
  CHECK(Shell("grep -rl -e hunter2 -e Y2k6aHVudGVyMg '" + repo + "/.kadende' '" + fixture.scratch() / "bob" + "'")
            .text.empty());
  server->Stop();
  Has(FetchError(bob->remote()).message, fixture.url());
  CHECK(FetchError(bob->remote()).message.find("hunter2") == std::string::npos);
}

TEST_CASE("shallow and partial clones and work trees around a configuration make no difference") {
  Pair pair;
  const std::string source = pair.fixture.scratch() / "source";
  MakeFolder(source);
  Git(source, "init -q .");
  for (const char* message : {"one", "two"}) Git(source, std::string("commit -q --allow-empty -m ") + message);
  Git(source, "push -q '" + pair.fixture.bare() + "' HEAD:refs/heads/main");
  Git(pair.fixture.bare(), "config uploadpack.allowFilter true");
  REQUIRE(pair.ann->remote().Push("shop", "", Publish(*pair.ann, &pair.state), ""));
  int number = 0;
  for (const std::string how : {"--depth=1", "--filter=blob:none", "--bare"}) {
    const std::string clone = pair.fixture.scratch() / ("clone-" + std::to_string(number++));
    Git("/", "clone -q -b main " + how + " 'file://" + pair.fixture.bare() + "' '" + clone + "'");
    const std::string before = Git(clone, "for-each-ref") + Git(clone, "config --list --local");
    const auto machine = MakeMachine(clone + "-state/.kadende", {clone, "origin"});
    const auto view = machine->remote().Fetch("shop");
    if (!view) FAIL(view.error().message);
    ClusterState state = machine->remote().Read("shop", view->tip->id)->state;
    CHECK(Dump(state) == Dump(pair.state));
    const auto lease = Claim(*machine, state);
    REQUIRE(machine->remote().Release("shop", lease->Current().commit));
    // Nothing of the user's repository was touched.
    CHECK(Git(clone, "for-each-ref") + Git(clone, "config --list --local") == before);
  }
}

TEST_CASE("a claim of 10,000 nodes writes what changed and the intents, no more") {
  Pair pair;
  for (std::uint32_t i = 1000; i < 10'000; ++i) {
    pair.state.Apply(model::NodeCreated{"web", SampleNode(pair.state, "web", i, 1)});
  }
  REQUIRE(pair.ann->remote().Push("shop", "", Publish(*pair.ann, &pair.state), ""));
  const std::string own = pair.fixture.scratch() / "machine-0/.kadende/history.git";
  const auto count = [&] { return std::atoi(Git(own, "count-objects").c_str()); };
  const int before = count();
  for (std::uint32_t i = 10'000; i < 10'003; ++i) {
    model::Intent intent;
    intent.node = {"web", {i, ""}};
    intent.incarnation = 1;
    pair.state.intents.emplace(std::pair{intent.node, intent.incarnation}, intent);
  }
  pair.state.dirty_groups.insert("web");
  const auto lease = Claim(*pair.ann, pair.state);
  // Commit, root (snapshot, with intents, with run), intents, run.json, plan.json and trees up to group.json.
  CHECK(count() - before <= 12);
}
