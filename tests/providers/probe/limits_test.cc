#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include "tests/providers/probe/ask.h"
#include "tests/providers/probe/server.h"

namespace kadende::tests {
namespace {

using model::Finding;

// No descriptor is left for as long as it lives. Those that are open stay.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::close(next);
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(next);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_ = {};
};

}  // namespace

TEST_CASE("without descriptors nothing is known of any node") {
  const auto prober = NewProber();
  const Listener listener;
  const Server server(Answering(Response(200, "")));
  Listener closed;
  closed.Close();
  {
    const NoDescriptors none;
    CHECK(Ask(*prober, Tcp(listener.address())) == Unknown("cannot connect from here: Too many open files"));
    CHECK(Ask(*prober, Tcp(closed.address())) == Unknown("cannot connect from here: Too many open files"));
    CHECK(Ask(*prober, Http(listener.url())) == Unknown("cannot connect from here: Too many open files"));
    CHECK(Ask(*prober, Shell("exit 1")) == Unknown("cannot start a program: Too many open files"));
  }
  CHECK(Ask(*prober, Tcp(listener.address())) == Pass("connected"));
  CHECK(Ask(*prober, Http(server.url())) == Pass("status 200"));
  CHECK(Ask(*prober, Shell("exit 1")) == Fail("exit 1"));
}

TEST_CASE("a low limit of open files lets fewer looks be under way, and none fail") {
  rlimit before = {};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit low = before;
  low.rlim_cur = 64;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  {
    const Listener listener(1000);
    const auto prober = NewProber();
    std::vector<std::future<Seen>> answers;
    for (int i = 0; i < 400; ++i) answers.push_back(Begin(*prober, Tcp(listener.address())));
    for (auto& answer : answers) CHECK(End(std::move(answer)) == Pass("connected"));
  }
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST_CASE("the soft limit of open files is raised as far as needed, for children inherit it") {
  rlimit before = {};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit low = before;
  low.rlim_cur = 64;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  const auto prober = NewProber();
  rlimit after = {};
  ::getrlimit(RLIMIT_NOFILE, &after);
  CHECK(after.rlim_cur == std::min<rlim_t>(before.rlim_max, 256 + 512 + 3 * 64));
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST_CASE("what does not fit waits in order, and its time begins when it does") {
  const auto prober = NewProber({.connections = 1});
  const Listener silent;
  const Server server(Answering(Response(200, "")));
  auto first = Begin(*prober, Http(silent.url(), base::Millis(800)));
  // Would be over before the first is, if waiting counted.
  auto second = Begin(*prober, Http(server.url(), base::Millis(700)));
  auto third = Begin(*prober, Http(server.url(), base::Millis(700)));
  CHECK(End(std::move(first)) == Fail("no answer within 800ms"));
  CHECK(End(std::move(second)) == Pass("status 200"));
  CHECK(End(std::move(third)) == Pass("status 200"));
}

TEST_CASE("a prober that was held up itself knows nothing of who did not answer meanwhile") {
  const auto prober = NewProber();
  const Listener silent;
  const Listener open;
  const auto begun = std::chrono::steady_clock::now();
  auto waiting = Begin(*prober, Http(silent.url(), base::Millis(100)));
  auto program = Begin(*prober, Shell("exec sleep 60", base::Millis(100)));
  prober->Start(Tcp(open.address()), [begun](Finding, const std::string&) {
    std::this_thread::sleep_until(begun +
                                  std::chrono::milliseconds(1500));  // the prober's thread, which is as good as stopped
  });
  for (auto* answer : {&waiting, &program}) {
    const Seen seen = End(std::move(*answer));
    CHECK(seen.finding == Finding::kUnknown);
    CHECK(seen.evidence.starts_with("kadende itself was held up for 1"));
  }
  // And is back at once.
  CHECK(Ask(*prober, Http(silent.url(), base::Millis(100))) == Fail("no answer within 100ms"));
}

TEST_CASE("no more programs run at once than allowed, and they hold no connections up") {
  std::string folder = std::filesystem::temp_directory_path() / "kadende-probe.XXXXXX";
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const auto prober = NewProber({.programs = 2});
  const std::string script =
      "touch " + folder + "/$$; n=$(ls " + folder + " | wc -l); sleep 0.02; rm " + folder + "/$$; [ $n -le 2 ]";
  std::vector<std::future<Seen>> answers;
  for (int i = 0; i < 10; ++i) answers.push_back(Begin(*prober, Shell(script)));
  const Listener listener;
  CHECK(Ask(*prober, Tcp(listener.address())) == Pass("connected"));
  for (auto& answer : answers) CHECK(End(std::move(answer)) == Pass("exit 0"));
  std::filesystem::remove_all(folder);
}

TEST_CASE("a thousand looks at once are all answered, whatever the servers do") {
  const auto prober = NewProber();
  const Listener silent(1000);
  const Listener open(1000);
  Listener closed;
  closed.Close();
  const Server broken(Answering(Response(500, "")));
  std::vector<std::pair<Finding, std::future<Seen>>> answers;
  for (int i = 0; i < 250; ++i) {
    answers.emplace_back(Finding::kPass, Begin(*prober, Tcp(open.address())));
    answers.emplace_back(Finding::kFail, Begin(*prober, Http(silent.url(), base::Millis(200))));
    answers.emplace_back(Finding::kFail, Begin(*prober, Http(closed.url())));
    answers.emplace_back(Finding::kFail, Begin(*prober, Http(broken.url())));
  }
  for (auto& [wanted, answer] : answers) CHECK(End(std::move(answer)).finding == wanted);
}

TEST_CASE("whenever the prober ends, every look is answered once") {
  const Listener silent(1000);
  const Server well(Answering(Response(200, "")));
  Listener closed;
  closed.Close();
  for (int round = 0; round < 20; ++round) {
    auto prober = NewProber({.connections = 16, .programs = 4});
    std::vector<std::future<Seen>> answers;
    for (int i = 0; i < 20; ++i) {
      answers.push_back(Begin(*prober, Http(silent.url())));
      answers.push_back(Begin(*prober, Http(well.url(), base::Millis(5))));
      answers.push_back(Begin(*prober, Tcp(closed.address())));
      answers.push_back(Begin(*prober, Tcp("localhost:" + std::to_string(well.port()))));
      answers.push_back(Begin(*prober, Shell("exit 0")));
    }
    // A different moment each time.
    std::this_thread::sleep_for(std::chrono::milliseconds(round));
    prober.reset();
    for (auto& answer : answers) CHECK(answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready);
  }
}

}  // namespace kadende::tests
