#include <catch2/catch.hpp>
#include <string>

#include "tests/providers/probe/ask.h"
#include "tests/providers/probe/server.h"
#include "tests/providers/probe/tls_server.h"

namespace kadende::tests {
namespace {

using Catch::Contains;
using model::Finding;

ports::ProbeRequest Unverified(std::string url) {
  auto request = Http(std::move(url));
  request.check.verify_tls = false;
  return request;
}

}  // namespace

TEST_CASE("https: a certificate that nobody vouches for is refused, unless nobody asks") {
  const TlsServer server;
  const auto prober = NewProber();
  const Seen seen = Ask(*prober, Http(server.url()));
  CHECK(seen.finding == Finding::kFail);
  CHECK_THAT(seen.evidence, Catch::StartsWith("certificate refused: ") && Contains("self-signed"));
  CHECK(Ask(*prober, Unverified(server.url())) == Pass("status 200"));
  CHECK(Ask(*prober, Http(server.url())).finding == Finding::kFail);
}

TEST_CASE("https: own authorities") {
  const TlsServer server;
  SECTION("by option, and the name must be right as well") {
    const auto prober = NewProber({.ca_file = server.certificate()});
    CHECK(Ask(*prober, Http(server.url())) == Pass("status 200"));
    CHECK(Ask(*prober, Http(server.url())) == Pass("status 200"));
    const Seen seen = Ask(*prober, Http(server.url("localhost")));
    CHECK(seen.finding == Finding::kFail);
    CHECK_THAT(seen.evidence, Catch::StartsWith("certificate refused: ") && Contains("localhost"));
    CHECK(Ask(*prober, Unverified(server.url("localhost"))) == Pass("status 200"));
  }
  SECTION("by SSL_CERT_FILE") {
    ::setenv("SSL_CERT_FILE", server.certificate().c_str(), 1);
    const auto prober = NewProber();
    ::unsetenv("SSL_CERT_FILE");
    CHECK(Ask(*prober, Http(server.url())) == Pass("status 200"));
  }
  SECTION("that cannot be read: nobody can judge the node") {
    const auto prober = NewProber({.ca_file = "/no/such/file"});
    CHECK(Ask(*prober, Http(server.url())).finding == Finding::kUnknown);
  }
}

TEST_CASE("https: who speaks no TLS, or hangs in the middle of it, fails") {
  const auto prober = NewProber();
  const Server plain([](int connection) {
    Send(connection, Response(400, ""));
    WaitForEnd(connection);
  });
  const Seen seen = Ask(*prober, Http("https://" + plain.address() + "/"));
  CHECK(seen.finding == Finding::kFail);
  CHECK_THAT(seen.evidence, Catch::StartsWith("no TLS connection: "));
  const Listener silent;
  CHECK(Ask(*prober, Http("https://" + silent.address() + "/", base::Millis(300))) == Fail("no answer within 300ms"));
}

}  // namespace kadende::tests
