#include "providers/process/properties.h"

#include <catch2/catch.hpp>

#include "engine/base/json.h"

namespace kadende::providers::process {
namespace {

std::string Found(std::string_view properties) {
  std::string text;
  const auto found = ValidateProperties(properties);
  for (const auto& item : found.items()) {
    text += item.path + ": " + item.message + (item.remedy.empty() ? "" : " [" + item.remedy + "]") + "\n";
  }
  return text;
}

TEST_CASE("all properties are read") {
  const auto read = ParseProperties(R"({"command":"./db","args":["--port",9100,true,1.5],"env":{"A":1,"B":"x y"},
      "workingDirectory":"srv","files":{"conf/a.txt":"1"},"stopSignal":"SIGINT","stopTimeout":"1m30s","restart":"on-failure"})");
  REQUIRE(read);
  CHECK(read->command == "./db");
  CHECK(read->args == std::vector<std::string>{"--port", "9100", "true", "1.5"});
  CHECK(read->env == std::vector<std::pair<std::string, std::string>>{{"A", "1"}, {"B", "x y"}});
  CHECK(read->working_directory == "srv");
  CHECK(read->files == std::vector<std::pair<std::string, std::string>>{{"conf/a.txt", "1"}});
  CHECK(read->stop_signal == 2);
  CHECK(read->stop_timeout == std::chrono::seconds(90));
  CHECK(read->restart == shim::Restart::kOnFailure);
}

TEST_CASE("a misspelt property is an error with a suggestion") {
  CHECK(
      Found(R"({"command":"a","workingDirectry":"x"})") ==
      "workingDirectry: unknown property `workingDirectry` of provider `process` [did you mean `workingDirectory`?]\n");
}

TEST_CASE("every wrong value is named by its path") {
  CHECK(Found(R"({"command":"","args":{},"env":{"KADENDE_TOKEN":"x"},"files":{"/etc/passwd":"x","a":"","a/b":""},
                  "stopSignal":99,"stopTimeout":10,"restart":"yes"})") ==
        "args: must be a list\n"
        "command: is empty [name a program: `command: ./server`]\n"
        "env.KADENDE_TOKEN: names starting with KADENDE_ are set by kadende\n"
        "files./etc/passwd: is no relative name inside the node's folder [leave out a leading `/`, `.` and `..`]\n"
        "files.a/b: lies below `a`, which is a file\n"
        "restart: must be `never`, `on-failure` or `always`\n"
        "stopSignal: is no signal: 99 [for example SIGTERM, INT or 15]\n"
        "stopTimeout: is no duration: 10 [for example 10s or 1m30s]\n");
}

TEST_CASE("values that are not known yet are not judged, and an escaped one is no such value") {
  CHECK(
      Found(R"({"command":"${var.c} x","stopTimeout":"${var.t}","stopSignal":"${var.s}","args":"${var.a}"})").empty());
  CHECK(Found(R"({"command":"a","stopTimeout":"$${x}"})") ==
        "stopTimeout: is no duration: \"$${x}\" [for example 10s or 1m30s]\n");
}

TEST_CASE("a command with a blank is warned of, because no shell splits it") {
  const auto found = ValidateProperties(R"({"command":"sleep 10"})");
  CHECK_FALSE(found.HasErrors());
  CHECK(found.items().size() == 1);
}

TEST_CASE("only the stop properties do not count as a change that needs a replacement") {
  CHECK(*FixedProperties(R"({"command":"a","stopSignal":"INT"})") ==
        *FixedProperties(R"({"command":"a","stopTimeout":"1s"})"));
  CHECK(*FixedProperties(R"({"command":"a"})") != *FixedProperties(R"({"command":"a","restart":"always"})"));
}

TEST_CASE("the schema is JSON and names every property") {
  const auto schema = base::ParseJson(PropertySchema());
  REQUIRE(schema);
  CHECK(schema->at("properties").size() == 8);
}

}  // namespace
}  // namespace kadende::providers::process
