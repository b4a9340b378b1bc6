#include "providers/hook/hook_runner.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

#include "providers/hook/facts.h"

using namespace kadende;
using namespace std::chrono_literals;
using base::ErrorCode;
using Catch::Contains;

namespace {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "kadende-hook.XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string path() const { return path_.string(); }
  [[nodiscard]] std::string Read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path_ / name).rdbuf();
    return text.str();
  }
  [[nodiscard]] bool Has(const std::string& name) const { return std::filesystem::exists(path_ / name); }

 private:
  std::filesystem::path path_;
};

model::Hook Shell(const std::string& script, base::Millis timeout = 30s) {
  model::Hook hook;
  hook.exec = {"/bin/sh", "-c", script};
  hook.timeout = timeout;
  return hook;
}

base::Status Run(const Folder& folder, const model::Hook& hook, base::Millis limit = 1h, std::stop_token stop = {}) {
  ports::HookFacts facts;
  facts.point = "post_create";
  facts.node = "web-0";
  facts.incarnation = 3;
  return providers::MakeHookRunner({.base_directory = folder.path()})
      ->Run(hook, facts, {.timeout = limit, .stop = std::move(stop)});
}

}  // namespace

TEST_CASE("a program runs in the folder of the file, and hears of the node") {
  const Folder folder;
  REQUIRE(Run(folder, Shell("echo $KADENDE_HOOK $KADENDE_NODE.$KADENDE_INCARNATION > said")));
  CHECK(folder.Read("said") == "post_create web-0.3\n");
}

TEST_CASE("the exit code says whether it failed, or only not yet") {
  const Folder folder;
  const auto failed = Run(folder, Shell("echo first; echo 'no such host'; echo; exit 3"));
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ErrorCode::kInternal);
  CHECK_THAT(failed.error().message, Contains("exit code 3") && Contains("it said: no such host"));
  const auto later = Run(folder, Shell("echo 3 left; exit 75"));
  REQUIRE_FALSE(later);
  CHECK(later.error().code == ErrorCode::kUnavailable);
  CHECK_THAT(later.error().message, Contains("3 left"));
  const auto killed = Run(folder, Shell("kill -TERM $$"));
  REQUIRE_FALSE(killed);
  CHECK_THAT(killed.error().message, Contains("signal 15"));
}

TEST_CASE("a program that cannot be started is named") {
  const Folder folder;
  model::Hook hook;
  hook.exec = {"./nowhere"};
  const auto failed = Run(folder, hook);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ErrorCode::kInvalid);
  CHECK(failed.error().effect == base::Effect::kNone);
  CHECK_THAT(failed.error().message, Contains("./nowhere"));
}

TEST_CASE("one that says nothing for too long is ended with all that it started") {
  const Folder folder;
  const auto failed = Run(folder, Shell("echo begun; (sleep 1000; touch late) & echo $! > child; wait", 300ms));
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ErrorCode::kTimeout);
  CHECK_THAT(failed.error().message, Contains("said nothing for 300ms"));
  const int child = std::stoi(folder.Read("child"));
  for (int looks = 0; ::kill(child, 0) == 0 && looks < 2000; ++looks) std::this_thread::sleep_for(5ms);
  CHECK(::kill(child, 0) != 0);
}

TEST_CASE("output is a sign of life, up to a limit") {
  const Folder folder;
  REQUIRE(Run(folder, Shell("for i in 1 2 3 4 5 6; do sleep 0.2; echo $i; done", 1s)));
  const auto failed = Run(folder, Shell("while :; do echo on; sleep 0.05; done", 10s), 400ms);
  REQUIRE_FALSE(failed);
  CHECK_THAT(failed.error().message, Contains("took longer than 400ms"));
}

TEST_CASE("a stop ends it") {
  const Folder folder;
  std::stop_source stop;
  std::jthread stopper([&] {
    for (int looks = 0; !folder.Has("begun") && looks < 4000; ++looks) std::this_thread::sleep_for(5ms);
    stop.request_stop();
  });
  const auto ended = Run(folder, Shell("touch begun; exec sleep 1000"), 1h, stop.get_token());
  REQUIRE_FALSE(ended);
  CHECK(ended.error().code == ErrorCode::kCancelled);
}

TEST_CASE("what a program leaves running with its output open is not waited for") {
  const Folder folder;
  REQUIRE(Run(folder, Shell("sleep 1000 & echo done")));
}

TEST_CASE("much output costs no memory, and its end is what is told") {
  const Folder folder;
  const auto failed = Run(folder, Shell("yes noise | head -c 3000000; echo; echo the end; exit 1"));
  REQUIRE_FALSE(failed);
  CHECK_THAT(failed.error().message, Contains("it said: the end"));
}

TEST_CASE("the key of secrets stays here") {
  ::setenv("KADENDE_STATE_KEY", "very secret", 1);
  ::setenv("KADENDE_HOOK", "of somebody else", 1);
  const Folder folder;
  REQUIRE(Run(folder, Shell("env > said")));
  ::unsetenv("KADENDE_STATE_KEY");
  ::unsetenv("KADENDE_HOOK");
  CHECK_THAT(folder.Read("said"), !Contains("very secret") && !Contains("somebody else"));
}

TEST_CASE("a server that is not there fails the hook") {
  const Folder folder;
  model::Hook hook;
  hook.url = "http://127.0.0.1:1/";
  const auto failed = Run(folder, hook);
  REQUIRE_FALSE(failed);
  CHECK_THAT(failed.error().message, Contains("127.0.0.1"));
}

TEST_CASE("the last line that says something") {
  using providers::hook::LastLine;
  CHECK(LastLine("") == "");
  CHECK(LastLine("\n \r\n\t") == "");
  CHECK(LastLine("one") == "one");
  CHECK(LastLine("one\ntwo\n\n") == "two");
  CHECK(LastLine("one\r\ntwo\r\n") == "two");
  CHECK(LastLine(std::string(500, 'x')).size() == 200);
}
