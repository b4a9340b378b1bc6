#include "state/git_program.h"

#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "tests/state_remote/support.h"

using namespace kadende;
using namespace kadende::tests;
using base::ErrorCode;
using state::GitCommand;
using state::GitOutput;
using state::RunGit;

namespace {

// A shell that git starts, for what git itself does not do.
GitCommand ShellCommand(const std::string& line) {
  return {.arguments = {"-c", "alias.sh=!" + line, "sh"}};
}

GitOutput Run(const GitCommand& command) {
  auto output = RunGit(command);
  if (!output) FAIL(output.error().message);
  return std::move(*output);
}

bool IsGone(const std::string& pid_file) {
  const int pid = std::atoi(ReadFile(pid_file).c_str());
  if (pid <= 0) return false;
  // What nobody reaps here is a zombie.
  const std::string stat = ReadFile("/proc/" + std::to_string(pid) + "/stat");
  return stat.empty() || stat.find(") Z ") != std::string::npos;
}

}  // namespace

TEST_CASE("git runs with input, output and status") {
  const ScratchFolder folder;
  const GitOutput hashed = Run({.arguments = {"hash-object", "--stdin"}, .input = "hello\n"});
  CHECK(hashed.status == 0);
  CHECK(hashed.out == "ce013625030ba8dba906f756967f9e9ca394464a\n");
  CHECK(Run(ShellCommand("echo out; echo err >&2; exit 7")).status == 7);
  CHECK(Run(ShellCommand("echo out; echo err >&2")).out == "out\n");
  CHECK(Run(ShellCommand("echo out; echo err >&2")).err == "err\n");
  // More than a pipe holds, on both at once.
  const GitOutput much = Run(ShellCommand("seq 1 100000; seq 1 100000 >&2"));
  CHECK(much.out == much.err);
  CHECK(much.out.ends_with("\n100000\n"));
}

TEST_CASE("git does not wait for what a helper keeps open") {
  const ScratchFolder folder;
  const GitOutput output =
      Run(ShellCommand("echo $$ > " + folder / "pid" + "; sleep 300 & echo $! > " + folder / "pid" + "; echo done"));
  CHECK(output.out == "done\n");
  kill(std::atoi(ReadFile(folder / "pid").c_str()), SIGKILL);
}

TEST_CASE("git and what it started are ended at the deadline") {
  const ScratchFolder folder;
  GitCommand command = ShellCommand("sleep 300 & echo $! > " + folder / "pid" + "; wait");
  command.limit = std::chrono::milliseconds(500);
  const auto output = RunGit(command);
  REQUIRE_FALSE(output);
  CHECK(output.error().code == ErrorCode::kTimeout);
  CHECK(output.error().effect == base::Effect::kPossible);
  CHECK(Waits([&] { return IsGone(folder / "pid"); }));
}

TEST_CASE("git is ended when nobody wants its answer any more") {
  const ScratchFolder folder;
  std::stop_source stop;
  GitCommand command = ShellCommand("sleep 300 & echo $! > " + folder / "pid" + "; wait");
  command.stop = stop.get_token();
  bool started = false;
  base::Result<GitOutput> output;
  {
    const std::jthread stopper([&] {
      started = Waits([&] { return !ReadFile(folder / "pid").empty(); });
      stop.request_stop();
    });
    output = RunGit(command);
  }
  CHECK(started);
  REQUIRE_FALSE(output);
  CHECK(output.error().code == ErrorCode::kCancelled);
  CHECK(Waits([&] { return IsGone(folder / "pid"); }));
}

TEST_CASE("the environment says how to reach others and never where to work") {
  const ScratchFolder folder;
  setenv("GIT_DIR", "/nowhere", 1);
  setenv("GIT_TRACE", "1", 1);
  setenv("GIT_CONFIG_COUNT", "1", 1);
  setenv("GIT_CONFIG_KEY_0", "http.extraheader", 1);
  setenv("GIT_CONFIG_VALUE_0", "one", 1);
  setenv("GIT_SSH_COMMAND", "my-ssh", 1);
  GitCommand command = ShellCommand("env; git config --get-all http.extraheader");
  command.settings = {{"http.extraheader", "two"}};
  const GitOutput output = Run(command);
  for (const char* name :
       {"GIT_DIR", "GIT_TRACE", "GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0", "GIT_SSH_COMMAND"}) {
    unsetenv(name);
  }
  CHECK(output.out.find("GIT_DIR=/nowhere") == std::string::npos);
  CHECK(output.err.find("trace") == std::string::npos);
  CHECK(output.out.find("GIT_SSH_COMMAND=my-ssh") != std::string::npos);
  CHECK(output.out.find("GIT_TERMINAL_PROMPT=0") != std::string::npos);
  CHECK(output.out.find("LC_ALL=C\n") != std::string::npos);
  CHECK(output.out.ends_with("one\ntwo\n"));
}

TEST_CASE("git has no terminal to ask at") {
  const ScratchFolder folder;
  CHECK(Run(ShellCommand("(exec < /dev/tty) 2>/dev/null && echo asked || echo alone")).out == "alone\n");
}

TEST_CASE("a machine without git is told so") {
  const ScratchFolder folder;
  const std::string path = getenv("PATH");
  setenv("PATH", folder.path().c_str(), 1);
  const auto output = RunGit({.arguments = {"version"}});
  setenv("PATH", path.c_str(), 1);
  REQUIRE_FALSE(output);
  CHECK(output.error().message == "there is no git program in PATH; install git");
}
