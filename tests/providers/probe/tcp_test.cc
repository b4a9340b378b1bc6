#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <vector>

#include "tests/providers/probe/ask.h"
#include "tests/providers/probe/server.h"

namespace kadende::tests {
namespace {

using Catch::Contains;
using model::Finding;

// Connections that fill a backlog.
class Crowd {
 public:
  Crowd(const Listener& listener, int count) {
    for (int i = 0; i < count; ++i) {
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      sockaddr_in name = {};
      name.sin_family = AF_INET;
      name.sin_port = htons(listener.port());
      name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      static_cast<void>(!::connect(fd, reinterpret_cast<sockaddr*>(&name), sizeof name));
      fds_.push_back(fd);
    }
  }
  ~Crowd() {
    for (const int fd : fds_) ::close(fd);
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

 private:
  std::vector<int> fds_;
};

}  // namespace

TEST_CASE("tcp: who listens passes, who does not refuses") {
  const auto prober = NewProber();
  Listener listener;
  CHECK(Ask(*prober, Tcp(listener.address())) == Pass("connected"));
  listener.Close();
  CHECK(Ask(*prober, Tcp(listener.address())) == Fail("connection refused"));
}

TEST_CASE("tcp: a backlog that is full does not answer") {
  const auto prober = NewProber();
  const Listener listener(0);
  const Crowd crowd(listener, 4);
  CHECK(Ask(*prober, Tcp(listener.address(), base::Millis(200))) == Fail("no answer within 200ms"));
}

TEST_CASE("tcp: a stopped process still accepts, for its kernel does") {
  const auto prober = NewProber();
  const ServerProcess server;
  server.Signal(SIGSTOP);
  CHECK(Ask(*prober, Tcp(server.address())) == Pass("connected"));
}

TEST_CASE("tcp: a name is looked up, and each of its addresses tried") {
  const auto prober = NewProber();
  const Listener listener;
  // On most machines ::1 comes first, and refuses.
  CHECK(Ask(*prober, Tcp("localhost:" + std::to_string(listener.port()))) == Pass("connected"));
}

TEST_CASE("tcp and http: IPv6") {
  const int listening = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in6 name = {};
  name.sin6_family = AF_INET6;
  name.sin6_addr = IN6ADDR_LOOPBACK_INIT;
  socklen_t size = sizeof name;
  if (listening < 0 || ::bind(listening, reinterpret_cast<sockaddr*>(&name), size) != 0) {
    WARN("skipped: this machine has no IPv6");
    return;
  }
  ::listen(listening, 8);
  ::getsockname(listening, reinterpret_cast<sockaddr*>(&name), &size);
  const std::string address = "[::1]:" + std::to_string(ntohs(name.sin6_port));
  const auto prober = NewProber();
  CHECK(Ask(*prober, Tcp(address)) == Pass("connected"));
  CHECK(Ask(*prober, Http("http://" + address + "/", base::Millis(200))) == Fail("no answer within 200ms"));
  ::close(listening);
  CHECK(Ask(*prober, Tcp(address)) == Fail("connection refused"));
  CHECK(Ask(*prober, Http("http://" + address + "/")) == Fail("connection refused"));
}

TEST_CASE("tcp: a name that nobody knows says nothing of the node") {
  const auto prober = NewProber();
  const Seen seen = Ask(*prober, Tcp("nowhere.invalid:80", std::chrono::seconds(2)));
  CHECK(seen.finding == Finding::kUnknown);
  CHECK_THAT(seen.evidence, Contains("nowhere.invalid") && Contains("looked up"));
}

TEST_CASE("tcp: what is no address is unknown") {
  const auto prober = NewProber();
  for (const char* text : {"", "127.0.0.1", "127.0.0.1:", ":80", "127.0.0.1:0", "127.0.0.1:65536", "::1:80", "[]:80"}) {
    CHECK(Ask(*prober, Tcp(text)) == Unknown("the address \"" + std::string(text) + "\" is no host:port"));
  }
}

TEST_CASE("tcp: metadata services are not asked, in whatever spelling") {
  const auto prober = NewProber();
  for (const char* host : {"169.254.169.254", "0xa9fea9fe", "2852039166", "[::ffff:169.254.169.254]", "[fd00:ec2::254]",
                           "[64:ff9b::a9fe:a9fe]"}) {
    CAPTURE(host);
    const Seen seen = Ask(*prober, Tcp(std::string(host) + ":80"));
    CHECK(seen.finding == Finding::kUnknown);
    CHECK_THAT(seen.evidence, Contains("is a cloud's metadata service, which no check may ask"));
  }
}

TEST_CASE("a check that is no look is unknown") {
  const auto prober = NewProber();
  ports::ProbeRequest request;
  request.check.type = model::CheckType::kHeartbeat;
  CHECK(Ask(*prober, request) == Unknown("no look of this kind is made from here"));
}

}  // namespace kadende::tests
