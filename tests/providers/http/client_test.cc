#include "providers/http/client.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>

#include "tests/providers/probe/server.h"
#include "tests/providers/probe/tls_server.h"

namespace kadende::providers::http {
namespace {

using base::Effect;
using base::ErrorCode;
using Catch::Contains;
using tests::Answering;
using tests::Response;
using tests::Server;

Request To(std::string url) {
  Request request;
  request.url = std::move(url);
  return request;
}

Limits Brief() {
  Limits limits;
  limits.timeout = std::chrono::seconds(20);
  return limits;
}

base::Result<Answer> Get(const std::string& url) {
  return Client("test").Send(To(url), Brief());
}

std::string Redirect(const std::string& to) {
  return "HTTP/1.1 302 Found\r\nLocation: " + to + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
}

TEST_CASE("an answer has its status, its headers and its body") {
  const Server server(Answering("HTTP/1.1 404 Not Found\r\nX-One:  a b \r\nContent-Length: 4\r\n\r\ngone"));
  const auto answer = Get(server.url());
  REQUIRE(answer);
  CHECK(answer->status == 404);
  CHECK_FALSE(answer->IsSuccess());
  CHECK(answer->Header("x-one") == "a b");
  CHECK(answer->Header("x-two").empty());
  CHECK(answer->body == "gone");
}

TEST_CASE("a request is sent as it is, with a body of any bytes") {
  std::string seen;
  const Server server([&](int connection) {
    seen = tests::ReadHead(connection);
    while (seen.find("end") == std::string::npos) {
      char part[64];
      const ssize_t count = ::recv(connection, part, sizeof part, 0);
      if (count <= 0) break;
      seen.append(part, static_cast<std::size_t>(count));
    }
    tests::Send(connection, Response(200, ""));
  });
  Request request = To(server.url("/a?b=c"));
  request.method = "PUT";
  request.headers = {{"Content-Type", "text/x"}, {"X-Empty", ""}};
  request.body = std::string_view("a\0b end", 7);
  REQUIRE(Client("kadende/1").Send(request, Brief()));
  CHECK_THAT(seen, Catch::StartsWith("PUT /a?b=c HTTP/1.1\r\n"));
  CHECK_THAT(seen, Contains("User-Agent: kadende/1\r\n"));
  CHECK_THAT(seen,
             Contains("Content-Type: text/x\r\n") && Contains("X-Empty:\r\n") && Contains("Content-Length: 7\r\n"));
  CHECK_THAT(seen, Catch::EndsWith(std::string("\r\n\r\na\0b end", 11)));
}

TEST_CASE("a server on a unix socket is asked, and one that is not there is named") {
  std::string folder = std::filesystem::temp_directory_path() / "kadende-http.XXXXXX";
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  const std::string path = folder + "/s.sock";
  path.copy(name.sun_path, sizeof name.sun_path - 1);
  const int listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(::bind(listening, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
  REQUIRE(::listen(listening, 1) == 0);
  std::thread server([&] {
    const int connection = ::accept(listening, nullptr, nullptr);
    Answering(Response(200, "hello"))(connection);
    ::close(connection);
  });
  Request request = To("http://engine/x");
  request.unix_socket = path;
  const auto answer = Client("test").Send(request, Brief());
  server.join();
  ::close(listening);
  std::filesystem::remove_all(folder);
  REQUIRE(answer);
  CHECK(answer->body == "hello");

  const auto missing = Client("test").Send(request, Brief());
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::kUnavailable);
  CHECK(missing.error().effect == Effect::kNone);
  CHECK(missing.error().message == "cannot connect to unix://" + path + ": No such file or directory");
}

TEST_CASE("a refused connection had no effect") {
  tests::Listener listener;
  const std::string url = listener.url();
  const std::string address = listener.address();
  listener.Close();
  const auto refused = Get(url);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kUnavailable);
  CHECK(refused.error().effect == Effect::kNone);
  CHECK(refused.error().message == "cannot connect to http://" + address + ": Connection refused");
}

TEST_CASE("a connection that is closed in the middle may have had its effect") {
  const Server server(Answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"));
  const auto half = Get(server.url());
  REQUIRE_FALSE(half);
  CHECK(half.error().code == ErrorCode::kUnavailable);
  CHECK(half.error().effect == Effect::kPossible);
}

TEST_CASE("what is no http is corrupt") {
  const Server server(Answering("SSH-2.0-OpenSSH\r\n\r\n"));
  const auto answer = Get(server.url());
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ErrorCode::kCorrupt);
}

TEST_CASE("a server that does not answer is left at the deadline, and may have acted") {
  const Server server(tests::WaitForEnd);
  Limits limits;
  limits.timeout = std::chrono::milliseconds(50);
  const auto answer = Client("test").Send(To(server.url()), limits);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ErrorCode::kTimeout);
  CHECK(answer.error().effect == Effect::kPossible);
}

TEST_CASE("a call is stopped while it waits") {
  std::stop_source source;
  const Server server([&](int connection) {
    tests::ReadHead(connection);
    source.request_stop();
    tests::WaitForEnd(connection);
  });
  Limits limits = Brief();
  limits.timeout = base::Millis(0);  // for ever, but for the stop
  limits.stop = source.get_token();
  const auto answer = Client("test").Send(To(server.url()), limits);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ErrorCode::kCancelled);
  CHECK(answer.error().effect == Effect::kPossible);
  CHECK(Client("test").Send(To(server.url()), limits).error().effect == Effect::kNone);
}

TEST_CASE("an answer that is larger than allowed is refused, and one without end is not held") {
  const Server large(Answering(Response(200, std::string(1000, 'x'))));
  Limits limits = Brief();
  limits.most_body = 999;
  const auto answer = Client("test").Send(To(large.url()), limits);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ErrorCode::kCorrupt);
  CHECK_THAT(answer.error().message, Contains("larger than 999 bytes"));
  limits.most_body = 1000;
  CHECK(Client("test").Send(To(large.url()), limits));

  const Server headers([](int connection) {
    tests::ReadHead(connection);
    tests::Send(connection, "HTTP/1.1 200 OK\r\n");
    while (tests::Send(connection, "X-More: " + std::string(1000, 'x') + "\r\n")) {
    }
  });
  CHECK(Get(headers.url()).error().code == ErrorCode::kCorrupt);
}

TEST_CASE("a sink takes the body of a success, and can end it; an error's body is kept for its message") {
  const Server good(Answering(Response(200, std::string(100'000, 'x'))));
  std::size_t taken = 0;
  const auto all = Client("test").Stream(To(good.url()), Brief(), [&](std::string_view part) {
    taken += part.size();
    return true;
  });
  REQUIRE(all);
  CHECK(taken == 100'000);
  CHECK(all->body.empty());
  CHECK(Client("test").Stream(To(good.url()), Brief(), [](std::string_view) { return false; }));

  const Server bad(Answering(Response(500, "why")));
  const auto answer = Client("test").Stream(To(bad.url()), Brief(), [](std::string_view) {
    CHECK(false);
    return false;
  });
  REQUIRE(answer);
  CHECK(answer->body == "why");
}

TEST_CASE("a connection is kept for the next call, and a kept one that has died does no harm") {
  std::atomic<int> connections = 0;
  const Server server([&](int connection) {
    ++connections;
    tests::ReadHead(connection);
    tests::Send(connection, Response(200, "one"));
    tests::ReadHead(connection);
    tests::Send(connection, Response(200, "two"));
  });
  Client client("test");
  CHECK(client.Send(To(server.url()), Brief())->body == "one");
  CHECK(client.Send(To(server.url()), Brief())->body == "two");
  CHECK(connections == 1);
  CHECK(client.Send(To(server.url()), Brief())->body == "one");
  CHECK(connections == 2);
}

TEST_CASE("redirects are followed where asked, to nowhere that is refused, and headers stay at home") {
  std::string seen;
  const Server last([&](int connection) {
    seen = tests::ReadHead(connection);
    tests::Send(connection, Response(200, "here"));
  });
  const Server first(Answering(Redirect(last.url("/b"))));
  Request request = To(first.url());
  request.headers = {{"Authorization", "secret"}};
  const auto plain = Client("test").Send(request, Brief());
  REQUIRE(plain);
  CHECK(plain->status == 302);

  request.most_redirects = 1;
  const auto followed = Client("test").Send(request, Brief());
  REQUIRE(followed);
  CHECK(followed->body == "here");
  CHECK(followed->url == last.url("/b"));
  CHECK_THAT(seen, !Contains("secret"));

  const Server circle(Answering(Redirect("/again")));
  request.url = circle.url();
  request.most_redirects = 3;
  CHECK_THAT(Client("test").Send(request, Brief()).error().message, Contains("more than 3 times"));

  const Server away(Answering(Redirect("http://example.invalid/")));
  request.url = away.url();
  request.trust = Trust::kHttpsOrLoopback;
  const auto refused = Client("test").Send(request, Brief());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kInvalid);
  CHECK_THAT(refused.error().message, Contains("`http://example.invalid` is not encrypted"));

  const Server file(Answering(Redirect("file:///etc/passwd")));
  request.url = file.url();
  CHECK_THAT(Client("test").Send(request, Brief()).error().message, Contains("neither http nor https"));
}

TEST_CASE("addresses that are refused before anything is sent") {
  for (const char* url : {"", "ftp://127.0.0.1/", "file:///etc/passwd", "http://user:pass@127.0.0.1/", "http://a b/",
                          "http://127.0.0.1/\r\nX: y"}) {
    INFO(url);
    const auto answer = Get(url);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == ErrorCode::kInvalid);
    CHECK(answer.error().effect == Effect::kNone);
  }
  for (const char* url :
       {"http://10.0.0.1/", "http://127.0.0.1.example.invalid/", "http://localhost.example.invalid/"}) {
    INFO(url);
    Request request = To(url);
    request.trust = Trust::kHttpsOrLoopback;
    CHECK_THAT(Client("test").Send(request, Brief()).error().message, Contains("is not encrypted"));
  }
  Request request = To("http://127.0.0.1:1/");
  request.headers = {{"X", "a\r\nY: b"}};
  CHECK(Client("test").Send(request, Brief()).error().code == ErrorCode::kInvalid);
}

TEST_CASE("a certificate is verified against the given authorities, and our own is shown where asked for") {
  const tests::TlsServer server;
  Request request = To(server.url());
  const auto unknown = Client("test").Send(request, Brief());
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == ErrorCode::kDenied);
  CHECK(unknown.error().effect == Effect::kNone);
  CHECK_THAT(unknown.error().message, Contains("its certificate is refused"));
  request.tls.authorities = server.certificate();
  CHECK(Client("test").Send(request, Brief()));
  request.tls = {};
  request.tls.verify = false;
  CHECK(Client("test").Send(request, Brief()));

  const tests::TlsServer strict("-Verify 1 -verify_return_error -CAfile $CERT");
  request.url = strict.url();
  CHECK_FALSE(Client("test").Send(request, Brief()));
  request.tls = {strict.certificate(), strict.certificate(), strict.key(), true};
  CHECK(Client("test").Send(request, Brief()));
}

TEST_CASE("a url's part is encoded") {
  CHECK(EncodeUrl("aZ09-._~") == "aZ09-._~");
  CHECK(EncodeUrl("a b/\xC3\xA4\"") == "a%20b%2F%C3%A4%22");
}

}  // namespace
}  // namespace kadende::providers::http
