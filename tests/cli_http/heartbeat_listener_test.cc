#include "cli/http/heartbeat_listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace kadende::cli {
namespace {

using Catch::Contains;

const model::Token kToken = model::MakeToken("lineage", "web", {.ordinal = 0, .logical_id = {}}, 1);
const model::Token kStranger = model::MakeToken("lineage", "web", {.ordinal = 1, .logical_id = {}}, 1);

// A listener that knows kToken alone.
class World {
 public:
  explicit World(HttpListenerOptions options = {}) {
    auto opened = ListenForHeartbeats(options, [this](const Heartbeat& heartbeat) {
      const std::lock_guard lock(mutex_);
      if (heartbeat.token_hash != HashToken(kToken)) return false;
      heard_.push_back(heartbeat);
      return true;
    });
    REQUIRE(opened);
    listener_ = std::move(*opened);
  }
  [[nodiscard]] const std::string& address() const { return listener_->address(); }
  [[nodiscard]] std::vector<Heartbeat> heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Heartbeat> heard_;  // guarded by mutex_
  std::unique_ptr<HttpListener> listener_;
};

class Client {
 public:
  explicit Client(const World& world) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in name = {};
    name.sin_family = AF_INET;
    name.sin_port =
        htons(static_cast<std::uint16_t>(std::stoi(world.address().substr(world.address().rfind(':') + 1))));
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience = {20, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    // Not asserted: clients are used from many threads, and one without a connection receives nothing.
    static_cast<void>(!::connect(fd_, reinterpret_cast<sockaddr*>(&name), sizeof name));
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // False: the listener has gone.
  bool Send(std::string_view text) {
    return ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  // All until the listener closes.
  std::string Receive() {
    std::string answer;
    std::array<char, 4096> part = {};
    for (;;) {
      const ssize_t count = ::recv(fd_, part.data(), part.size(), 0);
      if (count <= 0) break;
      answer.append(part.data(), static_cast<std::size_t>(count));
    }
    return answer;
  }

 private:
  int fd_;
};

std::string Head(const model::Token& token, const std::string& more = {}) {
  return "POST /v1/heartbeat HTTP/1.1\r\nHost: kadende\r\nAuthorization: Bearer " + base::ToBase32(token) + "\r\n" +
         more + "\r\n";
}
std::string Post(const model::Token& token, const std::string& body) {
  return Head(token, "Content-Length: " + std::to_string(body.size()) + "\r\n") + body;
}
// The whole answer to one request.
std::string Ask(const World& world, const std::string& request) {
  Client client(world);
  client.Send(request);
  return client.Receive();
}
std::string Status(const World& world, const std::string& request) {
  const std::string answer = Ask(world, request);
  return answer.substr(0, std::min(answer.find("\r\n"), answer.size()));
}

}  // namespace

TEST_CASE("a node's heartbeat is delivered and answered with 204") {
  const World world;
  CHECK(Status(world, Post(kToken, "")) == "HTTP/1.1 204 No Content");
  CHECK(Status(world, Post(kToken, R"({"healthy": false, "message": "disk full"})")) == "HTTP/1.1 204 No Content");
  const auto heard = world.heard();
  REQUIRE(heard.size() == 2);
  CHECK(heard[0].healthy);
  CHECK(!heard[1].healthy);
  CHECK(heard[1].message == "disk full");
}

TEST_CASE("a body may come in chunks, and in bits") {
  const World world;
  Client client(world);
  client.Send(Head(kToken, "Transfer-Encoding: chunked\r\n"));
  for (const char* part : {"a\r\n{\"message\"", "\r\n", "5\r\n: \"hi", "\r\n2\r\n\"}\r\n0\r\n\r\n"}) client.Send(part);
  CHECK_THAT(client.Receive(), Catch::StartsWith("HTTP/1.1 204"));
  REQUIRE(world.heard().size() == 1);
  CHECK(world.heard()[0].message == "hi");
}

TEST_CASE("who has no token, or nobody's, is told no more than that") {
  const World world;
  const std::string none = Ask(world, "POST /v1/heartbeat HTTP/1.1\r\nHost: k\r\nContent-Length: 0\r\n\r\n");
  CHECK_THAT(none, Catch::StartsWith("HTTP/1.1 401 ") && Contains("WWW-Authenticate: Bearer"));
  const std::string stranger = Ask(world, Post(kStranger, ""));
  const std::string malformed =
      Ask(world, "POST /v1/heartbeat HTTP/1.1\r\nHost: k\r\nAuthorization: Bearer x\r\nContent-Length: 0\r\n\r\n");
  for (const std::string& answer : {none, stranger, malformed}) {
    CHECK_THAT(answer, Catch::StartsWith("HTTP/1.1 401 ") && Catch::EndsWith("the token is missing, or no node's\n"));
  }
  CHECK(world.heard().empty());
}

TEST_CASE("what is no heartbeat is refused") {
  const World world;
  CHECK_THAT(Ask(world, Post(kToken, "healthy=true")),
             Catch::StartsWith("HTTP/1.1 400 ") && Contains("the body is no JSON: "));
  CHECK_THAT(Status(world, "GET /v1/heartbeat HTTP/1.1\r\nHost: k\r\n\r\n"), Catch::StartsWith("HTTP/1.1 405 "));
  CHECK_THAT(Status(world, "GET / HTTP/1.1\r\nHost: k\r\n\r\n"), Catch::StartsWith("HTTP/1.1 404 "));
  CHECK_THAT(Status(world, "\x16\x03\x01 what is this\r\n\r\n"), !Contains("204"));
  CHECK(world.heard().empty());
  CHECK(Status(world, Post(kToken, "")) == "HTTP/1.1 204 No Content");
}

TEST_CASE("more than 4 KiB are not read") {
  const World world;
  const std::string filler = "{\"x\": \"" + std::string(5000, 'x') + "\"}";
  SECTION("announced") {
    CHECK_THAT(Status(world, Post(kToken, filler)), Catch::StartsWith("HTTP/1.1 413 "));
    CHECK_THAT(Status(world, Head(kToken, "Content-Length: 99999999999999999999\r\n")), !Contains("204"));
  }
  SECTION("not announced") {
    CHECK_THAT(Status(world, Head(kToken, "Transfer-Encoding: chunked\r\n") + "1388\r\n" + filler.substr(0, 0x1388) +
                                 "\r\n0\r\n\r\n"),
               Catch::StartsWith("HTTP/1.1 413 "));
  }
  SECTION("without an end") {
    Client client(world);
    client.Send(Head(kToken, "Transfer-Encoding: chunked\r\n"));
    while (client.Send("1000\r\n" + std::string(0x1000, 'x') + "\r\n")) {
    }
    CHECK_THAT(client.Receive(), !Contains("204"));
  }
  SECTION("headers") {
    CHECK_THAT(Status(world, Head(kToken, "X: " + std::string(100'000, 'x') + "\r\nContent-Length: 0\r\n")),
               !Contains("204"));
  }
  CHECK(world.heard().empty());
}

TEST_CASE("who dawdles is cut off, however busy it seems, and holds nobody up") {
  const World world({.deadline = base::Millis(1000)});
  Client silent(world);
  Client in_body(world);
  in_body.Send(Head(kToken, "Content-Length: 100\r\n") + "{");
  Client drips(world);
  std::thread dripping([&] {
    while (drips.Send("P")) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  });
  CHECK(Status(world, Post(kToken, "")) == "HTTP/1.1 204 No Content");
  CHECK_THAT(silent.Receive(), !Contains("204"));
  CHECK_THAT(in_body.Receive(), !Contains("204"));
  dripping.join();
  CHECK(world.heard().size() == 1);
}

TEST_CASE("no more connections than allowed, and room again when they end") {
  const World world({.connections = 4, .per_address = 4, .deadline = base::Millis(1000)});
  std::vector<std::unique_ptr<Client>> crowd;
  for (int i = 0; i < 6; ++i) crowd.push_back(std::make_unique<Client>(world));
  for (auto& client : crowd) client->Receive();
  CHECK(Status(world, Post(kToken, "")) == "HTTP/1.1 204 No Content");
}

TEST_CASE("a thousand posts are all heard") {
  const World world;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 250; ++i) {
        if (Status(world, Post(kToken, R"({"healthy": true})")) != "HTTP/1.1 204 No Content") return;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(world.heard().size() == 1000);
}

TEST_CASE("curl is understood") {
  if (std::system("curl --version >/dev/null 2>&1") != 0) {
    WARN("skipped: there is no curl");
    return;
  }
  const World world;
  const std::string command =
      "test \"$(curl -sS -o /dev/null -w '%{http_code}' --noproxy '*' -H 'Authorization: Bearer " +
      base::ToBase32(kToken) + "' -d '{\"healthy\": false}' http://" + world.address() + "/v1/heartbeat)\" = 204";
  CHECK(std::system(command.c_str()) == 0);
  REQUIRE(world.heard().size() == 1);
  CHECK(!world.heard()[0].healthy);
}

TEST_CASE("an address that cannot be listened on is an error that names it") {
  const World world;
  const auto open = [](std::string address) {
    HttpListenerOptions options;
    options.address = std::move(address);
    const auto opened = ListenForHeartbeats(options, [](const Heartbeat&) { return false; });
    return opened ? "opened " + (*opened)->address() : opened.error().message;
  };
  CHECK(open(world.address()) ==
        "cannot listen on " + world.address() + ": Address already in use; give another port, or 0 for any");
  CHECK_THAT(open("192.0.2.1:0"), Catch::StartsWith("cannot listen on 192.0.2.1:0: "));
  for (const char* wrong :
       {"", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", ":8080", "::1:80"}) {
    CHECK(open(wrong) == "`" + std::string(wrong) +
                             "` is no address to listen on: write ADDRESS:PORT, as 127.0.0.1:8080 or [::1]:8080");
  }
}

}  // namespace kadende::cli
