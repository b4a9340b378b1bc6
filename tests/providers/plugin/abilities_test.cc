// Optional abilities of plugins, and what they say while they work.
#include <catch2/catch.hpp>
#include <mutex>

#include "tests/providers/plugin/plugin_support.h"

namespace kadende::tests {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A plugin of a few lines: `answers` is a Python expression for the answer to `call`.
std::unique_ptr<providers::plugin::PluginProvider> Small(const PluginPlace& place, const std::string& abilities,
                                                         const std::string& body) {
  const std::string program = R"(#!/usr/bin/env python3
import json, sys, threading, time
def say(message): print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)
for line in sys.stdin:
    call = json.loads(line)
    if call["method"] == "initialize":
        say({"id": call["id"], "result": {"protocol": 1, "manifest": {"name": "small", "version": "1",
             "listing": "authoritative", "abilities": [)" +
                              abilities + R"(]}}})
    else:
)" + body;
  auto made = place.Start(place.Write("small", program));
  REQUIRE(made);
  return std::move(*made);
}

TEST_CASE("a plugin has the abilities that its manifest names, and no others") {
  PluginPlace place;
  const auto plugin = Small(place, R"("logs", "planUpdate")", "        pass\n");
  CHECK(plugin->logs() != nullptr);
  CHECK(plugin->plan_update() != nullptr);
  CHECK(plugin->exec() == nullptr);
}

TEST_CASE("progress of a call reaches who called, the newest words last, and not all of a flood") {
  PluginPlace place;
  const auto plugin = Small(place, "", R"(
        for i in range(5001):
            say({"method": "progress", "params": {"id": call["id"], "message": f"step {i}", "fraction": i / 5000}})
        say({"id": call["id"], "result": {}})
)");
  std::vector<std::string> heard;
  ports::CallContext context{seconds(30), {}};
  context.progress = [&](std::string_view words) { heard.emplace_back(words); };
  CHECK(plugin->Destroy("{}", "i-7", "size_down", context));
  REQUIRE_FALSE(heard.empty());
  CHECK(heard.front() == "step 0, 0%");
  CHECK(heard.back() == "step 5000, 100%");
  CHECK(heard.size() < 5000);
}

TEST_CASE("a program that is given up is not started again while it may still run") {
  PluginPlace place;
  const auto plugin = Small(place, R"("exec")", R"(
        if call["method"] == "exec":
            while json.loads(sys.stdin.readline())["method"] != "list": pass  # the cancel, and what comes before a listing
            say({"id": call["id"], "result": {"exitCode": 0}})
)");
  const ports::ExecRequest request{"i-7", "{}", {"sleep"}, {}};
  const auto slow = plugin->exec()->Run(request, {milliseconds(100), {}});
  REQUIRE_FALSE(slow);
  CHECK(slow.error().code == base::ErrorCode::kTimeout);
  const auto second = plugin->exec()->Run(request, {milliseconds(100), {}});
  REQUIRE_FALSE(second);
  CHECK(second.error().code == base::ErrorCode::kConflict);
  (void)plugin->List({}, {milliseconds(100), {}});  // now the plugin answers the first
  const auto deadline = std::chrono::steady_clock::now() + seconds(30);
  auto third = plugin->exec()->Run(request, {milliseconds(50), {}});
  while (third.error().code == base::ErrorCode::kConflict && std::chrono::steady_clock::now() < deadline) {
    third = plugin->exec()->Run(request, {milliseconds(50), {}});
  }
  CHECK(third.error().code == base::ErrorCode::kTimeout);  // it was given to the plugin
}

TEST_CASE("of what a program prints the last bytes are kept") {
  PluginPlace place;
  const auto plugin = Small(place, R"("exec")", R"(
        say({"id": call["id"], "result": {"exitCode": 3, "output": "abcdef"}})
)");
  ports::ExecRequest request{"i-7", "{}", {"x"}, {}};
  request.most_output = 4;
  const auto run = plugin->exec()->Run(request, {seconds(30), {}});
  REQUIRE(run);
  CHECK(run->exit_code == 3);
  CHECK(run->output == "cdef");
}

TEST_CASE("logs that are followed end when nobody wants more") {
  PluginPlace place;
  const auto plugin = Small(place, R"("logs")", R"(
        say({"id": call["id"], "result": {"output": "x", "cursor": call["params"].get("cursor", "") + "1"}})
)");
  std::stop_source enough;
  std::string output;
  CHECK(plugin->logs()->ReadLogs({"i-7", "{}", true, 0}, enough.get_token(), [&](std::string_view piece) {
    output += piece;
    if (output.size() == 2) enough.request_stop();
  }));
  CHECK(output == "xx");
}

}  // namespace
}  // namespace kadende::tests
