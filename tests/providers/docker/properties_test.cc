#include "providers/docker/properties.h"

#include <catch2/catch.hpp>
#include <string>

#include "engine/base/json.h"

namespace kadende::providers::docker {
namespace {

// The one diagnostic of these properties, as "path: message".
std::string Wrong(const std::string& more) {
  const auto found = ValidateProperties(R"({"image":"a",)" + more + "}");
  INFO(base::Render(found));
  REQUIRE(found.items().size() == 1);
  return found.items()[0].path + ": " + found.items()[0].message;
}

TEST_CASE("everything that can be said is read") {
  const auto read = ParseProperties(R"({
    "host":"tcp://engine:2376","image":"registry.example:5000/team/app:1.2@sha256:00ff","command":["a",1,true],
    "entrypoint":"/run","env":{"A":"b=c","N":5},"ports":[80,"53/udp"],"hostPorts":{"127.0.0.1:8080":80,"53":"53/udp"},
    "networks":["front","back"],"volumes":["data:/data:ro","/srv:/srv"],"resources":{"cpu":0.5,"memory":"1.5GiB"},
    "labels":{"x":"y"},"restart":"on-failure:3","user":1000,"workingDirectory":"/w",
    "files":{"/etc/a":"text","/etc/b":{"content":"x","mode":"0600"}},"pull":"always",
    "registry":{"username":"u","password":"p"},
    "healthcheck":{"command":["ok"],"interval":"1m","timeout":"2s","startPeriod":"3s","retries":4},
    "stopSignal":"INT","stopTimeout":"30s","init":true})");
  REQUIRE(read);
  CHECK(read->command == std::vector<std::string>{"a", "1", "true"});
  CHECK(read->entrypoint == std::vector<std::string>{"/run"});
  CHECK(read->env == Texts{{"A", "b=c"}, {"N", "5"}});
  CHECK(read->ports == std::vector<std::string>{"80/tcp", "53/udp"});
  REQUIRE(read->host_ports.size() == 2);
  CHECK(read->host_ports[0].host_ip == "127.0.0.1");
  CHECK(read->host_ports[0].host_port == 8080);
  CHECK(read->host_ports[1].port == "53/udp");
  CHECK(read->resources == Resources{500'000'000, 3 * (std::int64_t{1} << 29)});
  CHECK(read->restart == "on-failure:3");
  CHECK(read->user == "1000");
  CHECK(read->files[1].mode == 0600);
  CHECK(read->pull == Pull::kAlways);
  REQUIRE(read->health);
  CHECK(read->health->retries == 4);
  CHECK(read->stop_timeout == base::Millis(30'000));
  CHECK(read->init);
}

TEST_CASE("what is wrong is named by its place") {
  CHECK(Wrong(R"("comand":"x")") == "comand: unknown property `comand` of provider `docker`");
  CHECK(Wrong(R"("ports":["8080:80"])") == "ports[0]: is no port of the container: `8080:80`");
  CHECK(Wrong(R"("hostPorts":{"0":80})") == "hostPorts.0: is no port of the machine: `0`");
  CHECK(Wrong(R"("hostPorts":{"80":70000})") == "hostPorts.80: is no port of the container: `70000`");
  CHECK_THAT(Wrong(R"("volumes":["./data:/data"])"), Catch::StartsWith("volumes[0]: has a relative path"));
  CHECK_THAT(Wrong(R"("volumes":["data"])"), Catch::StartsWith("volumes[0]: is not `NAME:/PATH`"));
  CHECK_THAT(Wrong(R"("resources":{"memory":"1k"})"), Catch::StartsWith("resources.memory: is no size"));
  CHECK_THAT(Wrong(R"("resources":{"cpus":1})"), Catch::StartsWith("resources.cpus: unknown property"));
  CHECK_THAT(Wrong(R"("restart":false)"), Catch::StartsWith("restart: must be `no`"));
  CHECK_THAT(Wrong(R"("networks":["host","a"])"), Catch::StartsWith("networks[0]: `host` cannot be joined"));
  CHECK_THAT(Wrong(R"("files":{"etc/a":""})"), Catch::StartsWith("files.etc/a: is no absolute path"));
  CHECK_THAT(Wrong(R"("files":{"/a/../b":""})"), Catch::StartsWith("files./a/../b: is no absolute path"));
  CHECK_THAT(Wrong(R"("files":{"/a":{"content":"x","mode":"9"}})"), Catch::StartsWith("files./a.mode: is no mode"));
  CHECK_THAT(Wrong(R"("env":{"A=B":"x"})"), Catch::StartsWith("env.A=B: is no name"));
  CHECK_THAT(Wrong(R"("labels":{"kadende/x":"y"})"), Catch::StartsWith("labels.kadende/x: labels starting"));
  CHECK_THAT(Wrong(R"("host":"ssh://a")"), Catch::StartsWith("host: ssh is not spoken here"));
  CHECK_THAT(Wrong(R"("pull":"sometimes")"), Catch::StartsWith("pull: must be"));
  CHECK_THAT(Wrong(R"("healthcheck":{"retries":1})"), Catch::StartsWith("healthcheck.command: is missing"));
  CHECK_THAT(Wrong(R"("stopTimeout":"10")"), Catch::StartsWith("stopTimeout: is no duration"));
  CHECK(ValidateProperties("{}").items()[0].path == "image");
  CHECK(ValidateProperties(R"({"image":"Nginx latest"})").items()[0].path == "image");
}

TEST_CASE("a password is a reference in the file, and the value of it later") {
  CHECK_THAT(Wrong(R"("registry":{"username":"u","password":"hunter2"})"),
             Catch::StartsWith("registry.password: must be a reference"));
  CHECK(ValidateProperties(R"({"image":"a","registry":{"username":"u","password":"${secret.env.P}"}})").empty());
  CHECK(ParseProperties(R"({"image":"a","registry":{"username":"u","password":"hunter2"}})"));
}

TEST_CASE("values that are not known yet are not judged") {
  CHECK(ValidateProperties(R"({"image":"${var.image}","ports":["${8000 + node.ordinal}"],
    "hostPorts":{"8080":"${var.port}"},"volumes":["${node.name}:/data"],"resources":{"memory":"${var.m}"},
    "restart":"${var.r}","stopTimeout":"${var.t}","env":"${var.e}","user":"${var.u}"})")
            .empty());
}

TEST_CASE("the schema is a schema, and knows every property") {
  const auto schema = base::ParseJson(PropertySchema());
  REQUIRE(schema);
  for (const auto& [name, property] : (*schema)["properties"].items()) {
    const auto found = ValidateProperties(R"({"image":"a",")" + name + R"(":"${var.x}"})");
    INFO(name);
    for (const auto& item : found.items()) CHECK(item.message.find("unknown property") == std::string::npos);
  }
}

TEST_CASE("a scope is a host, or nothing") {
  CHECK(*HostOfScope("{}") == "");
  CHECK(*HostOfScope(R"({"host":"tcp://a:1"})") == "tcp://a:1");
  CHECK_FALSE(HostOfScope(R"({"region":"x"})"));
  CHECK_FALSE(HostOfScope(R"({"host":1})"));
}

}  // namespace
}  // namespace kadende::providers::docker
