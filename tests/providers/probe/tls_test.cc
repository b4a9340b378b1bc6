#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/providers/probe/ask.h"
#include "tests/providers/probe/server.h"

namespace kadende::tests {
namespace {

using Catch::Contains;
using model::Finding;

// `openssl s_server` with a certificate that it signed itself, for the address 127.0.0.1.
class TlsServer {
 public:
  TlsServer() {
    std::string name = std::filesystem::temp_directory_path() / "kadende-probe.XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
    const std::string make =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout " + folder_ +
        "/key.pem -out " + certificate() + " -subj /CN=node -addext subjectAltName=IP:127.0.0.1 2>" + folder_ + "/log";
    REQUIRE(std::system(make.c_str()) == 0);
    Start();
  }
  ~TlsServer() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    std::filesystem::remove_all(folder_);
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  [[nodiscard]] std::string certificate() const { return folder_ + "/cert.pem"; }
  [[nodiscard]] std::string url(const std::string& host = "127.0.0.1") const {
    return "https://" + host + ":" + port_ + "/";
  }

 private:
  void Start() {
    std::array<int, 2> ends = {-1, -1};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const std::string script =
        "exec openssl s_server -accept 127.0.0.1:0 -www -cert " + certificate() + " -key " + folder_ + "/key.pem 2>&1";
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::dup2(ends[1], 1);
      ::execl("/bin/sh", "sh", "-c", script.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    port_ = PortIn(ends[0]);
    ::close(ends[0]);
    REQUIRE(!port_.empty());
  }

  // "ACCEPT 127.0.0.1:4433"; the end of the output where it could not begin.
  static std::string PortIn(int output) {
    std::string text;
    std::array<char, 256> part = {};
    for (;;) {
      const ssize_t count = ::read(output, part.data(), part.size());
      if (count <= 0) return {};
      text.append(part.data(), static_cast<std::size_t>(count));
      const std::size_t accept = text.find("ACCEPT 127.0.0.1:");
      const std::size_t end = text.find('\n', accept);
      if (accept != std::string::npos && end != std::string::npos) return text.substr(accept + 17, end - accept - 17);
    }
  }

  std::string folder_;
  std::string port_;
  pid_t pid_ = 0;
};

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
