#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <future>
#include <thread>

#include "tests/providers/probe/ask.h"
#include "tests/providers/probe/server.h"

namespace kadende::tests {
namespace {

using Catch::Contains;
using model::Finding;

constexpr base::Millis kShort(300);

ports::ProbeRequest WithText(std::string url, std::string wanted) {
  auto request = Http(std::move(url));
  request.check.body_contains = std::move(wanted);
  return request;
}

// The head of the one request that `request` makes of a server that answers 200.
std::string HeadOf(ports::ProbeRequest request, std::string_view path = "/") {
  std::promise<std::string> promise;
  auto head = promise.get_future();
  const Server server([&](int connection) {
    promise.set_value(ReadHead(connection));
    Send(connection, Response(200, ""));
  });
  request.check.url = server.url(path);
  const auto prober = NewProber();
  CHECK(Ask(*prober, std::move(request)) == Pass("status 200"));
  return head.get();
}

}  // namespace

TEST_CASE("http: the status decides") {
  const auto prober = NewProber();
  const Server well(Answering(Response(200, "fine")));
  const Server ill(Answering(Response(500, "broken")));
  CHECK(Ask(*prober, Http(well.url())) == Pass("status 200"));
  CHECK(Ask(*prober, Http(ill.url())) == Fail("status 500"));
  auto either = Http(ill.url());
  either.check.statuses = {{200, 299}, {500, 500}};
  CHECK(Ask(*prober, either) == Pass("status 500"));
}

TEST_CASE("http: a redirect is an answer, and is not followed") {
  const auto prober = NewProber();
  const Listener never_asked;
  const Server server(
      Answering("HTTP/1.1 302 Found\r\nLocation: " + never_asked.url() + "\r\nContent-Length: 0\r\n\r\n"));
  auto request = Http(server.url());
  CHECK(Ask(*prober, request) == Pass("status 302"));
  request.check.statuses = {{200, 299}};
  CHECK(Ask(*prober, request) == Fail("status 302"));
}

TEST_CASE("http: provisional answers are passed over") {
  const auto prober = NewProber();
  const Server server(Answering("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + Response(503, "")));
  CHECK(Ask(*prober, Http(server.url())) == Fail("status 503"));
}

TEST_CASE("http: the body is searched, also where parts meet") {
  const auto prober = NewProber();
  const Server server([](int connection) {
    ReadHead(connection);
    Send(connection, "HTTP/1.1 200 OK\r\n\r\nstate: re");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    Send(connection, "ady\n");
  });
  CHECK(Ask(*prober, WithText(server.url(), "ready")) == Pass("status 200, body as wanted"));
  CHECK(Ask(*prober, WithText(server.url(), "steady")) == Fail("the body lacks \"steady\""));
}

TEST_CASE("http: of an endless body 64 KiB are read") {
  const auto prober = NewProber();
  const Server server([](int connection) {
    ReadHead(connection);
    Send(connection, "HTTP/1.1 200 OK\r\n\r\n");
    while (Send(connection, "more and more and more of the same ")) {
    }
  });
  CHECK(Ask(*prober, Http(server.url())) == Pass("status 200"));
  CHECK(Ask(*prober, WithText(server.url(), "less")) == Fail("the first 64 KiB of the body lack \"less\""));
}

TEST_CASE("http: endless headers are no answer") {
  const auto prober = NewProber();
  const Server server([](int connection) {
    ReadHead(connection);
    Send(connection, "HTTP/1.1 200 OK\r\n");
    while (Send(connection, "X-More: and more and more and more\r\n")) {
    }
  });
  CHECK(Ask(*prober, Http(server.url())) == Fail("more than 64 KiB of headers"));
}

TEST_CASE("http: who does not answer in time fails") {
  const auto prober = NewProber();
  SECTION("accepts and says nothing") {
    const Server server(WaitForEnd);
    CHECK(Ask(*prober, Http(server.url(), kShort)) == Fail("no answer within 300ms"));
  }
  SECTION("never accepts") {
    const Listener listener;
    CHECK(Ask(*prober, Http(listener.url(), kShort)) == Fail("no answer within 300ms"));
  }
  SECTION("drips") {
    const Server server([](int connection) {
      ReadHead(connection);
      Send(connection, "HTTP/1.1 200 OK\r\nX-Slow: ");
      while (Send(connection, "o")) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    });
    CHECK(Ask(*prober, Http(server.url(), kShort)) == Fail("no complete answer within 300ms"));
  }
  SECTION("hangs in the middle of the body") {
    const Server server([](int connection) {
      ReadHead(connection);
      Send(connection, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
      WaitForEnd(connection);
    });
    CHECK(Ask(*prober, Http(server.url(), kShort)) == Fail("no complete answer within 300ms"));
  }
  SECTION("hangs after a bad status") {
    const Server server([](int connection) {
      ReadHead(connection);
      Send(connection, "HTTP/1.1 500 Oh\r\nContent-Length: 100\r\n\r\nhalf");
      WaitForEnd(connection);
    });
    CHECK(Ask(*prober, Http(server.url(), kShort)) == Fail("status 500"));
  }
  SECTION("is stopped, until it goes on") {
    const ServerProcess server;
    CHECK(Ask(*prober, Http(server.url())) == Pass("status 200"));
    server.Signal(SIGSTOP);
    CHECK(Ask(*prober, Http(server.url(), kShort)) == Fail("no answer within 300ms"));
    server.Signal(SIGCONT);
    CHECK(Ask(*prober, Http(server.url())) == Pass("status 200"));
  }
}

TEST_CASE("http: who breaks off fails") {
  const auto prober = NewProber();
  SECTION("refuses") {
    Listener listener;
    listener.Close();
    CHECK(Ask(*prober, Http(listener.url())) == Fail("connection refused"));
  }
  SECTION("closes without an answer") {
    const Server server([](int connection) { ReadHead(connection); });
    CHECK(Ask(*prober, Http(server.url())) == Fail("connection closed without an answer"));
  }
  SECTION("closes at once, the request unread") {
    const Server server([](int /*connection*/) {});
    CHECK(Ask(*prober, Http(server.url())).finding == Finding::kFail);
  }
  SECTION("closes in the middle of the body") {
    const Server server(Answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"));
    CHECK(Ask(*prober, Http(server.url())) == Fail("connection closed in the middle of the answer"));
  }
  SECTION("speaks something else") {
    const Server server(Answering("SSH-2.0-OpenSSH_9.2\r\n"));
    CHECK(Ask(*prober, Http(server.url())) == Fail("the answer is no HTTP"));
  }
}

TEST_CASE("http: the request is as the check says") {
  SECTION("by default") {
    const std::string head = HeadOf(Http(""), "/health?deep=1");
    CHECK_THAT(head, Catch::StartsWith("GET /health?deep=1 HTTP/1.1\r\n"));
    CHECK_THAT(head, Contains("\r\nHost: 127.0.0.1:") && Contains("\r\nUser-Agent: kadende-health-check\r\n") &&
                         Contains("\r\nConnection: close\r\n"));
  }
  SECTION("headers") {
    auto request = Http("");
    request.check.headers = {{"Host", "shop.example"}, {"X-Empty", ""}, {"X-Probe", "a: b"}};
    const std::string head = HeadOf(request);
    CHECK_THAT(head, Contains("\r\nHost: shop.example\r\n") && Contains("\r\nX-Empty:\r\n") &&
                         Contains("\r\nX-Probe: a: b\r\n"));
    CHECK_THAT(head, !Contains("127.0.0.1"));
  }
  SECTION("POST has an empty body") {
    auto request = Http("");
    request.check.method = "POST";
    const std::string head = HeadOf(request);
    CHECK_THAT(head, Catch::StartsWith("POST / HTTP/1.1\r\n") && Contains("\r\nContent-Length: 0\r\n"));
    CHECK_THAT(head, !Contains("Content-Type"));
  }
  SECTION("HEAD and OPTIONS") {
    auto request = Http("");
    request.check.method = "HEAD";
    CHECK_THAT(HeadOf(request), Catch::StartsWith("HEAD / HTTP/1.1\r\n"));
    request.check.method = "OPTIONS";
    CHECK_THAT(HeadOf(request), Catch::StartsWith("OPTIONS / HTTP/1.1\r\n"));
  }
}

TEST_CASE("http: a name in the url stays the name that the server hears") {
  std::promise<std::string> promise;
  const Server server([&](int connection) {
    promise.set_value(ReadHead(connection));
    Send(connection, Response(200, ""));
  });
  const auto prober = NewProber();
  const std::string host = "localhost:" + std::to_string(server.port());
  CHECK(Ask(*prober, Http("http://" + host + "/")) == Pass("status 200"));
  CHECK_THAT(promise.get_future().get(), Contains("\r\nHost: " + host + "\r\n"));
}

TEST_CASE("http: proxies of the environment are not for health checks") {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  ::setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
  {
    const auto prober = NewProber();
    const Server server(Answering(Response(200, "")));
    CHECK(Ask(*prober, Http(server.url())) == Pass("status 200"));
  }
  ::unsetenv("http_proxy");
  ::unsetenv("ALL_PROXY");
}

TEST_CASE("http: what cannot be asked is unknown") {
  const auto prober = NewProber();
  CHECK(Ask(*prober, Http("127.0.0.1")).finding == Finding::kUnknown);
  CHECK(Ask(*prober, Http("http://127.0.0.1:99999/")).finding == Finding::kUnknown);
  CHECK(Ask(*prober, Http("file:///etc/passwd")) == Unknown("the url is neither http nor https"));
  CHECK(Ask(*prober, Http("http://127.0.0.1/\r\nX: y")) == Unknown("the url or method has a line break"));
  auto split = Http("http://127.0.0.1/");
  split.check.headers = {{"X", "y\r\nAuthorization: z"}};
  CHECK(Ask(*prober, split) == Unknown("a header has a line break, or no name"));
  for (const char* host : {"169.254.169.254", "[::ffff:a9fe:a9fe]", "0xa9.0xfe.43518", "[fd00:ec2::254]"}) {
    CAPTURE(host);
    const Seen seen = Ask(*prober, Http("http://" + std::string(host) + "/latest/meta-data/"));
    CHECK(seen.finding == Finding::kUnknown);
    CHECK_THAT(seen.evidence, Contains("metadata service"));
  }
}

}  // namespace kadende::tests
