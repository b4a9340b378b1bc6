#include "cli/http/heartbeat.h"

#include <catch2/catch.hpp>
#include <string>

namespace kadende::cli {
namespace {

const model::Token kToken = model::MakeToken("lineage", "web", {.ordinal = 3, .logical_id = {}}, 7);

std::string Refusal(std::string_view body) {
  Heartbeat heartbeat;
  const auto read = ReadHeartbeatBody(body, &heartbeat);
  return read ? "taken" : read.error().message;
}

}  // namespace

TEST_CASE("a bearer token is known by its hash") {
  const std::string text = base::ToBase32(kToken);
  CHECK(TokenHashOf("Bearer " + text) == HashToken(kToken));
  CHECK(TokenHashOf("bearer   " + text) == HashToken(kToken));
  CHECK(HashToken(kToken) != kToken);
  for (const std::string& wrong :
       {std::string(), std::string("Bearer"), std::string("Bearer "), std::string("Basic ") + text, text,
        "Bearer " + text + "a", "Bearer " + text.substr(1), "Bearer " + text + " "}) {
    CAPTURE(wrong);
    CHECK(!TokenHashOf(wrong));
  }
}

TEST_CASE("a body may say how it is, and why") {
  Heartbeat heartbeat;
  SECTION("none: healthy") {
    CHECK(ReadHeartbeatBody("", &heartbeat));
    CHECK(ReadHeartbeatBody(" \n", &heartbeat));
    CHECK(heartbeat.healthy);
    CHECK(heartbeat.message.empty());
  }
  SECTION("ill") {
    CHECK(ReadHeartbeatBody(R"({"healthy": false, "message": "disk full", "load": 3})", &heartbeat));
    CHECK(!heartbeat.healthy);
    CHECK(heartbeat.message == "disk full");
  }
  SECTION("a long message is cut between characters") {
    CHECK(ReadHeartbeatBody("{\"message\": \"" + std::string(199, 'x') + "é\"}", &heartbeat));
    CHECK(heartbeat.message == std::string(199, 'x'));
  }
}

TEST_CASE("a body that is none is refused with the reason") {
  CHECK(Refusal("healthy=true").starts_with("the body is no JSON: "));
  CHECK(Refusal("{\"healthy\": true").starts_with("the body is no JSON: "));
  CHECK(Refusal("{\"message\": \"\xff\"}").starts_with("the body is no JSON: "));
  CHECK(Refusal("[]") == "the body is to be an object: {\"healthy\": true}");
  CHECK(Refusal("{\"healthy\": \"yes\"}") == "\"healthy\" is to be true or false");
  CHECK(Refusal("{\"healthy\": null}") == "\"healthy\" is to be true or false");
  CHECK(Refusal("{\"message\": 1}") == "\"message\" is to be a text");
}

}  // namespace kadende::cli
