#include <catch2/catch.hpp>
#include <cerrno>
#include <string>

#include "providers/probe/address.h"
#include "providers/probe/evidence.h"
#include "providers/probe/http_answer.h"

namespace kadende::providers::probe {
namespace {

using model::Finding;

std::string Split(const char* text) {
  const auto split = SplitHostPort(text);
  return split ? split->host + " " + split->port : "-";
}

}  // namespace

TEST_CASE("host and port") {
  CHECK(Split("example.org:80") == "example.org 80");
  CHECK(Split("[::1]:8080") == "::1 8080");
  CHECK(Split("[fe80::1%eth0]:1") == "fe80::1%eth0 1");
  CHECK(Split("a:065") == "a 65");
  for (const char* wrong : {"", ":", "a", "a:", "a:b", ":1", "a:-1", "a:0", "a:65536", "::1:80", "[]:80", "a:1 "}) {
    CAPTURE(wrong);
    CHECK(Split(wrong) == "-");
  }
}

TEST_CASE("what this machine lacks is unknown, what the other side does is a failure") {
  for (const int error : {ECONNREFUSED, ECONNRESET, ETIMEDOUT, EHOSTUNREACH, EPIPE}) {
    CHECK(ConnectionFailed(error).finding == Finding::kFail);
  }
  for (const int error : {EMFILE, ENFILE, ENOMEM, ENOBUFS, ENETUNREACH, ENETDOWN, EADDRNOTAVAIL, EACCES, EPERM, EAGAIN,
                          EAFNOSUPPORT, EINVAL, 0, 9999}) {
    CHECK(ConnectionFailed(error).finding == Finding::kUnknown);
  }
  CHECK(ConnectionFailed(ECONNREFUSED).evidence == "connection refused");
  CHECK(ConnectionFailed(ENETUNREACH).evidence == "cannot connect from here: Network is unreachable");
}

TEST_CASE("evidence is the last line with something in it, and short") {
  CHECK(LastLine("") == "");
  CHECK(LastLine(" \n\t\n") == "");
  CHECK(LastLine("one") == "one");
  CHECK(LastLine("one\ntwo\r\n\r\n  ") == "two");
  CHECK(LastLine("progress 1%\rprogress 100%") == "progress 100%");
  CHECK(LastLine("  one  ") == "one");
  CHECK(LastLine(std::string(1000, 'x')) == std::string(200, 'x'));
  // Never half a character; what is no UTF-8 is cut anywhere.
  CHECK(Shorten(std::string(199, 'x') + "é!") == std::string(199, 'x'));
  CHECK(Shorten(std::string(197, 'x') + "😀!") == std::string(197, 'x'));
  CHECK(Shorten(std::string(300, '\x80')).size() >= 196);
}

TEST_CASE("an answer counts when it is complete") {
  model::HealthCheck check;
  SECTION("without a wanted text") {
    HttpAnswer answer(check);
    CHECK(answer.TakeHeader("HTTP/1.1 204 No Content\r\n"));
    CHECK(answer.TakeHeader("A: b\r\n"));
    CHECK(answer.TakeHeader("\r\n"));
    CHECK(!answer.outcome());
    answer.End();
    CHECK(answer.outcome()->evidence == "status 204");
  }
  SECTION("a text is found wherever the parts end") {
    check.body_contains = "needle";
    const std::string body = "hay needle hay";
    for (std::size_t cut = 0; cut <= body.size(); ++cut) {
      HttpAnswer answer(check);
      CHECK(answer.TakeHeader("HTTP/1.1 200 OK\r\n"));
      CHECK(answer.TakeHeader("\r\n"));
      CHECK(answer.TakeBody(body.substr(0, cut)));
      CHECK(answer.TakeBody(body.substr(cut)));
      answer.End();
      CHECK(answer.outcome()->finding == Finding::kPass);
    }
  }
  SECTION("a text across the bound is not read") {
    check.body_contains = "needle";
    HttpAnswer answer(check);
    CHECK(answer.TakeHeader("HTTP/1.1 200 OK\r\n"));
    CHECK(answer.TakeHeader("\r\n"));
    CHECK(!answer.TakeBody(std::string(HttpAnswer::kMostBody - 3, ' ') + "needle"));
    CHECK(answer.outcome()->evidence == "the first 64 KiB of the body lack \"needle\"");
  }
}

}  // namespace kadende::providers::probe
