#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/providers/probe/ask.h"

namespace kadende::tests {
namespace {

using Catch::Contains;
using model::Finding;

class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "kadende-probe.XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

template <class F>
bool Eventually(F condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

std::string Content(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A zombie that nobody has collected yet counts as gone.
bool IsGone(const std::string& pid) {
  const std::string stat = Content("/proc/" + pid + "/stat");
  return stat.empty() || stat.find(") Z ") != std::string::npos;
}

// "12345\n" -> "12345", once it has been written.
std::string PidIn(const std::string& path) {
  REQUIRE(Eventually([&] { return Content(path).ends_with('\n'); }));
  const std::string text = Content(path);
  return text.substr(0, text.size() - 1);
}

}  // namespace

TEST_CASE("exec: the exit decides, and the last line is the evidence") {
  const auto prober = NewProber();
  CHECK(Ask(*prober, Shell("exit 0")) == Pass("exit 0"));
  CHECK(Ask(*prober, Shell("echo one; echo two; echo; exit 0")) == Pass("exit 0: two"));
  CHECK(Ask(*prober, Shell("echo 'lag 40 s' >&2; exit 1")) == Fail("exit 1: lag 40 s"));
  CHECK(Ask(*prober, Shell("echo who knows; exit 2")) == Unknown("exit 2: who knows"));
  CHECK(Ask(*prober, Shell("exit 255")) == Unknown("exit 255"));
  CHECK(Ask(*prober, Shell("kill -SEGV $$")) == Unknown("killed by signal 11"));
  CHECK(Ask(*prober, Shell("printf '\\033[31mred'; exit 1")) == Fail("exit 1: \033[31mred"));
  const Seen no_such = Ask(*prober, Shell("no-such-program-here"));
  CHECK(no_such.finding == Finding::kUnknown);
  CHECK_THAT(no_such.evidence, Catch::StartsWith("exit 127: "));
}

TEST_CASE("exec: a program that cannot be started says nothing of the node") {
  const auto prober = NewProber();
  const Folder folder;
  std::ofstream(folder / "data") << "no program";
  auto request = Shell("");
  request.check.command = {"/no/such/program"};
  CHECK(Ask(*prober, request) == Unknown("cannot start /no/such/program: No such file or directory"));
  request.check.command = {folder / "data"};
  CHECK(Ask(*prober, request) == Unknown("cannot start " + (folder / "data") + ": Permission denied"));
  request.check.command = {};
  CHECK(Ask(*prober, request) == Unknown("the command is empty"));
}

TEST_CASE("exec: a program sees the node's facts, its directory, and nothing of ours") {
  ::setenv("KADENDE_STATE_KEY", "secret", 1);
  ::setenv("KADENDE_NODE", "ours", 1);
  ::setenv("PROBE_INHERITED", "yes", 1);
  const auto prober = NewProber();
  for (const char* name : {"KADENDE_STATE_KEY", "KADENDE_NODE", "PROBE_INHERITED"}) ::unsetenv(name);
  const Folder folder;
  std::ofstream(folder / "check") << "#!/bin/sh\necho \"$KADENDE_NODE $PROBE_INHERITED [$KADENDE_STATE_KEY] $1\"\n";
  ::chmod((folder / "check").c_str(), 0755);

  auto request = Shell("");
  request.check.command = {"./check", "web-0"};
  request.environment = {{"KADENDE_NODE", "web-0"}};
  request.directory = folder.path();
  CHECK(Ask(*prober, request) == Pass("exit 0: web-0 yes [] web-0"));

  CHECK(Ask(*prober, Shell("cat; exit 0")) == Pass("exit 0"));
  CHECK(Ask(*prober, Shell("ls /proc/self/fd | tr '\\n' ' '")) == Pass("exit 0: 0 1 2 3"));  // 3: the listing's own
  CHECK(Ask(*prober, Shell("grep SigBlk /proc/self/status")) == Pass("exit 0: SigBlk:\t0000000000000000"));
}

TEST_CASE("exec: a flood of output ends the program") {
  const auto prober = NewProber();
  CHECK(Ask(*prober, Shell("exec yes")) == Unknown("the program wrote more than 1 MiB"));
  // Much, but not too much: the last line is still found.
  CHECK(Ask(*prober, Shell("head -c 900000 /dev/zero | tr '\\0' x; echo; echo done")) == Pass("exit 0: done"));
  const Seen one_line = Ask(*prober, Shell("head -c 9000 /dev/zero | tr '\\0' x; exit 1"));
  CHECK(one_line.finding == Finding::kFail);
  CHECK(one_line.evidence.size() == 200);
}

TEST_CASE("exec: a child that keeps the output open delays nothing, and is ended") {
  const auto prober = NewProber();
  const Seen seen = Ask(*prober, Shell("sleep 600 & echo $!"));
  REQUIRE(seen.finding == Finding::kPass);
  CHECK(Eventually([&] { return IsGone(seen.evidence.substr(seen.evidence.rfind(' ') + 1)); }));
}

TEST_CASE("exec: when its time is over, the whole group is killed") {
  const auto prober = NewProber();
  const Folder folder;
  const std::string script = "trap '' TERM INT HUP; sleep 600 & echo $! > " + (folder / "child") + "; echo $$ > " +
                             (folder / "parent") + "; echo waiting; while :; do wait; done";
  // Time enough to get there, on a machine that is busy.
  CHECK(Ask(*prober, Shell(script, std::chrono::seconds(2))) == Fail("no answer within 2s"));
  CHECK(Eventually([&] { return IsGone(PidIn(folder / "parent")) && IsGone(PidIn(folder / "child")); }));
}

// A lease makes whoever opens the file wait for its holder, as a file system that hangs does.
TEST_CASE("exec: a program that cannot be loaded is unknown, holds up no other look, and is ended if it begins late") {
  const Folder folder;
  const std::string program = folder / "slow";
  std::ofstream(program) << "#!/bin/sh\necho $$ > " << (folder / "pid") << "\nexec sleep 600\n";
  REQUIRE(::chmod(program.c_str(), 0700) == 0);
  const int leased = ::open(program.c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(leased >= 0);
  const auto before = std::signal(SIGIO, SIG_IGN);  // that somebody waits is told so
  if (::fcntl(leased, F_SETLEASE, F_WRLCK) != 0) {
    WARN("no leases on this file system: not tested");
    ::close(leased);
    return;
  }
  auto prober = NewProber();
  ports::ProbeRequest request = Shell("", std::chrono::milliseconds(300));
  request.check.command = {program};
  auto hanging = Begin(*prober, std::move(request));
  CHECK(Ask(*prober, Shell("exit 0", std::chrono::seconds(20))) == Pass("exit 0"));
  const auto [finding, evidence] = End(std::move(hanging));
  CHECK(finding == Finding::kUnknown);
  CHECK_THAT(evidence, Contains("not loaded within 300ms"));
  SECTION("it begins after all") {
    ::close(leased);
    CHECK(Ask(*prober, Shell("exit 1", std::chrono::seconds(20))) == Fail("exit 1"));
    prober.reset();
    CHECK((Content(folder / "pid").empty() || IsGone(PidIn(folder / "pid"))));
  }
  SECTION("the prober ends before") {
    prober.reset();
    ::close(leased);
  }
  std::signal(SIGIO, before);
}

TEST_CASE("exec: no program outlives the prober") {
  const Folder folder;
  auto prober = NewProber();
  auto answer = Begin(*prober, Shell("trap '' TERM; echo $$ > " + (folder / "pid") + "; sleep 600 & wait; wait",
                                     std::chrono::minutes(10)));
  const std::string pid = PidIn(folder / "pid");
  prober.reset();
  CHECK(End(std::move(answer)) == Unknown("cancelled"));
  CHECK(Content("/proc/" + pid + "/stat").empty());  // collected, not only dead
}

}  // namespace kadende::tests
