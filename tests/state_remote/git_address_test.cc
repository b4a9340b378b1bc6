#include "state/git_address.h"

#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/state_git/support.h"

using namespace kadende;
using namespace kadende::tests;
using base::ErrorCode;
using state::FindGitAddress;
using state::GitAddress;

namespace {

GitAddress Find(const std::string& folder, const std::string& remote) {
  auto found = FindGitAddress(folder, remote);
  if (!found) FAIL(found.error().message);
  return std::move(*found);
}

// All values of a setting, joined by a blank.
std::string Setting(const GitAddress& address, const std::string& key) {
  std::string values;
  for (const auto& [name, value] : address.settings) {
    if (name == key) values += (values.empty() ? "" : " ") + value;
  }
  return values;
}

constexpr const char* kUrl = "remote.kadende-remote.url";

std::string MakeRepository(const ScratchFolder& folder) {
  const std::string path = folder / "repo";
  MakeFolder(path + "/deploy");
  Git(path, "init -q .");
  return path;
}

}  // namespace

TEST_CASE("a remote is a name of the repository around, a URL or a path") {
  const ScratchFolder folder;
  const std::string repo = MakeRepository(folder);
  Git(repo, "remote add origin https://ann:secret@git.example.org/team/infra.git");
  Git(repo, "remote add backup ../backup.git");
  Git(repo, "config remote.backup.pushurl ../other.git");
  const GitAddress origin = Find(repo + "/deploy", "origin");
  CHECK(origin.shown == "https://git.example.org/team/infra.git");
  CHECK(Setting(origin, kUrl) == "https://ann:secret@git.example.org/team/infra.git");
  // From the top of the work tree, as git does.
  CHECK(Setting(Find(repo + "/deploy", "backup"), kUrl) == folder / "backup.git");
  CHECK(Setting(Find(repo + "/deploy", "backup"), "remote.kadende-remote.pushurl") == folder / "other.git");
  // From the folder where it was written.
  CHECK(Setting(Find(repo + "/deploy", "../../x.git"), kUrl) == folder / "x.git");
  CHECK(Setting(Find(repo, "git@example.org:x.git"), kUrl) == "git@example.org:x.git");
  CHECK(Setting(Find(folder.path(), "/srv/x.git"), kUrl) == "/srv/x.git");
}

TEST_CASE("a remote that is not there names those that are") {
  const ScratchFolder folder;
  const std::string repo = MakeRepository(folder);
  Git(repo, "remote add upstream /srv/x.git");
  Git(repo, "remote add fork /srv/y.git");
  const auto found = FindGitAddress(repo, "orign");
  REQUIRE_FALSE(found);
  CHECK(found.error().code == ErrorCode::kInvalid);
  CHECK(found.error().message == "there is no remote `orign` in the git repository around " + repo +
                                     "; it has fork, upstream; name one of these, a URL, or a path with a slash");
  CHECK(FindGitAddress(folder.path(), "origin").error().message.find("it has none") != std::string::npos);
}

TEST_CASE("settings for the way to a remote are passed on, others are not") {
  const ScratchFolder folder;
  const std::string repo = MakeRepository(folder);
  Git(repo, "remote add origin https://git.example.org/x.git");
  Git(repo, "config http.https://git.example.org/.extraheader 'Authorization: basic c2VjcmV0'");
  Git(repo, "config --add http.extraheader ''");
  Git(repo, "config credential.helper '!my-helper'");
  Git(repo, "config core.sshCommand 'ssh -F mine'");
  Git(repo, "config url.git@mirror:.insteadOf https://git.example.org/");
  Git(repo, "config remote.origin.proxy http://proxy:3128");
  Git(repo, "config remote.origin.mirror true");
  Git(repo, "config user.name Ann");
  const GitAddress origin = Find(repo, "origin");
  CHECK(Setting(origin, "http.https://git.example.org/.extraheader") == "Authorization: basic c2VjcmV0");
  CHECK(std::count(origin.settings.begin(), origin.settings.end(),
                   std::pair<std::string, std::string>("http.extraheader", "")) == 1);
  CHECK(Setting(origin, "credential.helper") == "!my-helper");
  CHECK(Setting(origin, "core.sshcommand") == "ssh -F mine");
  CHECK(Setting(origin, "url.git@mirror:.insteadof") == "https://git.example.org/");
  CHECK(Setting(origin, "remote.kadende-remote.proxy") == "http://proxy:3128");
  CHECK(Setting(origin, "remote.kadende-remote.mirror").empty());
  CHECK(Setting(origin, "user.name").empty());
}

TEST_CASE("a linked work tree has the settings of its repository and its own") {
  const ScratchFolder folder;
  const std::string repo = MakeRepository(folder);
  Git(repo, "remote add origin /srv/x.git");
  Git(repo, "commit -q --allow-empty -m x");
  Git(repo, "config extensions.worktreeConfig true");
  Git(repo, "worktree add -q ../tree");
  Git(folder / "tree", "config --worktree core.sshCommand mine");
  CHECK(Setting(Find(folder / "tree", "origin"), kUrl) == "/srv/x.git");
  CHECK(Setting(Find(folder / "tree", "origin"), "core.sshcommand") == "mine");
  CHECK(Setting(Find(repo, "origin"), "core.sshcommand").empty());
}

TEST_CASE("somebody else's repository gives addresses and tokens, but runs no programs") {
  if (geteuid() != 0) {
    WARN("SKIPPED: only root can make somebody else's files");
    return;
  }
  const ScratchFolder folder;
  const std::string repo = MakeRepository(folder);
  Git(repo, "remote add origin https://git.example.org/x.git");
  Git(repo, "config http.extraheader token");
  Git(repo, "config core.sshCommand evil");
  Git(repo, "config credential.helper evil");
  Git(repo, "config remote.origin.uploadpack evil");
  REQUIRE(Shell("chown -R 65534:65534 '" + repo + "'").status == 0);
  const GitAddress origin = Find(repo, "origin");
  CHECK(origin.shown == "https://git.example.org/x.git");
  CHECK(Setting(origin, "http.extraheader") == "token");
  for (const auto& [name, value] : origin.settings) CHECK(value != "evil");
  // The user may say that it is trusted.
  Shell("git config --global --add safe.directory '" + repo + "'");
  CHECK(Setting(Find(repo, "origin"), "core.sshcommand") == "evil");
}

TEST_CASE("credentials are taken out of whatever is shown") {
  CHECK(state::WithoutCredentials("fatal: unable to access 'https://a:b@host/x': no") ==
        "fatal: unable to access 'https://host/x': no");
  CHECK(state::WithoutCredentials("ssh://git@host/a@b http://x@y@z/ plain") == "ssh://host/a@b http://z/ plain");
  CHECK(state::WithoutCredentials("git@host:x") == "git@host:x");
}
