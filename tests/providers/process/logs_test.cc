#include <stop_token>

#include "providers/process/log_reader.h"
#include "tests/providers/process/process_world.h"

namespace kadende::tests {
namespace {

TEST_CASE("output is read whole or by its last lines, standard error mixed in") {
  ProcessWorld world;
  const auto node = world.Sh("echo one; echo two >&2; echo three; printf four");
  REQUIRE(world.EndOf(node.id) == "exited with status 0: four");
  CHECK(world.ReadLogs(node.id) == "one\ntwo\nthree\nfour");
  CHECK(world.ReadLogs(node.id, 2) == "three\nfour");
  CHECK(world.ReadLogs(node.id, 100) == "one\ntwo\nthree\nfour");
}

TEST_CASE("the output of an unknown node is an error") {
  ProcessWorld world;
  CHECK(world.ReadLogs("x.y") ==
        "error: there is no process node `x.y` here, or its folder was removed with its output");
}

TEST_CASE("output is rotated, three files are kept, and they read as one") {
  ProcessWorld world;
  world.Open(64 * 1024);
  const auto node = world.Sh("i=0; while [ $i -lt 30000 ]; do echo line-$i; i=$((i+1)); done");
  REQUIRE(world.EndOf(node.id).starts_with("exited with status 0"));
  const std::string text = world.ReadLogs(node.id);
  CHECK(text.size() <= 3 * 64 * 1024);
  CHECK(text.size() > 64 * 1024);
  CHECK(text.ends_with("line-29998\nline-29999\n"));
  // Nothing is missing between the first that is kept and the last.
  const std::string first = text.substr(text.find("line-"), text.find('\n', text.find("line-")) - text.find("line-"));
  std::string expected;
  for (int i = std::stoi(first.substr(5)); i < 30000; ++i) expected += "line-" + std::to_string(i) + "\n";
  CHECK(text.substr(text.find("line-")) == expected);
  // 55,000 bytes: fewer than are certain to be kept, which depends on where the files were cut.
  const std::string tail = world.ReadLogs(node.id, 5000);
  CHECK(tail.starts_with("line-25000\n"));
  CHECK_FALSE(std::filesystem::exists(world.FolderOf(node.id) + "/output.log.3"));
}

TEST_CASE("following shows what comes, over rotations, and ends with the node") {
  ProcessWorld world;
  world.Open(64 * 1024);
  const auto node = world.Sh(
      "n=0; while [ $n -lt 20 ]; do i=0; while [ $i -lt 500 ]; do echo line-$n-$i; i=$((i+1)); done; n=$((n+1)); sleep "
      "0.1; done");
  std::string text;
  const auto read = world.logs().ReadLogs({node.id, "{}", true, 0}, {}, [&](std::string_view bytes) { text += bytes; });
  REQUIRE(read);
  std::string expected;
  for (int n = 0; n < 20; ++n) {
    for (int i = 0; i < 500; ++i) expected += "line-" + std::to_string(n) + "-" + std::to_string(i) + "\n";
  }
  CHECK(text == expected);
}

TEST_CASE("following ends when it is stopped") {
  ProcessWorld world;
  const auto node = world.Sh("echo ready; sleep 1000");
  std::stop_source stop;
  std::string text;
  const auto read = world.logs().ReadLogs({node.id, "{}", true, 0}, stop.get_token(), [&](std::string_view bytes) {
    text += bytes;
    if (text == "ready\n") stop.request_stop();
  });
  CHECK(read);
  CHECK(text == "ready\n");
}

}  // namespace
}  // namespace kadende::tests
