#include "providers/docker/endpoint.h"

#include <catch2/catch.hpp>
#include <map>

namespace kadende::providers::docker {
namespace {

Environment Variables(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  };
}

TEST_CASE("the property counts before DOCKER_HOST") {
  const auto environment = Variables({{"DOCKER_HOST", "tcp://there:1"}});
  const auto here = FindEndpoint("unix:///run/here.sock", environment);
  REQUIRE(here);
  CHECK(here->unix_socket == "/run/here.sock");
  CHECK(here->display == "unix:///run/here.sock");
  const auto there = FindEndpoint("", environment);
  REQUIRE(there);
  CHECK(there->base_url == "http://there:1");
  CHECK(there->host == "there");
}

TEST_CASE("tls is spoken as docker does") {
  const auto verified = FindEndpoint(
      "", Variables({{"DOCKER_HOST", "tcp://[::1]:2376"}, {"DOCKER_TLS_VERIFY", "1"}, {"DOCKER_CERT_PATH", "/c"}}));
  REQUIRE(verified);
  CHECK(verified->base_url == "https://[::1]:2376");
  CHECK(verified->host == "::1");
  CHECK(verified->tls.authorities == "/c/ca.pem");
  CHECK(verified->tls.certificate == "/c/cert.pem");
  CHECK(verified->tls.key == "/c/key.pem");
  CHECK(verified->tls.verify);
  const auto unverified = FindEndpoint("tcp://a", Variables({{"DOCKER_CERT_PATH", "/c"}}));
  REQUIRE(unverified);
  CHECK(unverified->base_url == "https://a:2376");
  CHECK_FALSE(unverified->tls.verify);
  const auto at_home = FindEndpoint("tcp://a:9", Variables({{"DOCKER_TLS_VERIFY", "1"}, {"HOME", "/h"}}));
  REQUIRE(at_home);
  CHECK(at_home->tls.key == "/h/.docker/key.pem");
  const auto plain = FindEndpoint("tcp://a", Variables({}));
  REQUIRE(plain);
  CHECK(plain->base_url == "http://a:2375");
  CHECK(FindEndpoint("https://a:1/", Variables({}))->tls.verify);
}

TEST_CASE("hosts that are none are told with a remedy") {
  for (const char* host : {"unix://run/x", "tcp://", "tcp://a/b", "tcp://u@a:1", "fd://", "a:1"}) {
    INFO(host);
    CHECK_FALSE(WhatIsWrongWithHost(host).empty());
    const auto found = FindEndpoint("", Variables({{"DOCKER_HOST", host}}));
    REQUIRE_FALSE(found);
    CHECK(found.error().code == base::ErrorCode::kInvalid);
    CHECK_THAT(found.error().message, Catch::StartsWith("DOCKER_HOST `"));
  }
  CHECK_THAT(WhatIsWrongWithHost("ssh://a"), Catch::Contains("forward the socket"));
}

}  // namespace
}  // namespace kadende::providers::docker
