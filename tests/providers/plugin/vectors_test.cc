// Replays providers/plugin/vectors against the host: what it sends is what a vector says, and what its caller is told.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <optional>
#include <regex>
#include <sstream>

#include "engine/base/json.h"
#include "engine/base/text.h"
#include "engine/model/identity.h"
#include "tests/providers/plugin/plugin_support.h"

namespace kadende::tests {
namespace {

constexpr const char* kScope = R"({"folder":"instances"})";
constexpr const char* kVectors = VECTORS;

struct Vector {
  std::string method;  // of the call, or "initialize"
  std::string outcome;
  std::vector<std::string> lines;
};

std::vector<std::string> LinesOf(const std::string& path) {
  std::stringstream content;
  content << std::ifstream(path).rdbuf();
  return base::Split(content.str(), '\n');
}

Vector Read(const std::string& path) {
  Vector vector;
  for (const std::string& line : LinesOf(path)) {
    if (line.starts_with("= ")) vector.outcome = line.substr(2);
    if (line.starts_with("> ") || line.starts_with("< ")) vector.lines.push_back(line);
    if (!line.starts_with("> ")) continue;
    const auto message = base::ParseJson(line.substr(2));
    REQUIRE(message);
    if (message->contains("method")) vector.method = (*message)["method"].get<std::string>();
  }
  return vector;
}

// The call of that method as PROTOCOL.md has it.
std::optional<base::Error> ErrorOf(ports::Provider& provider, const std::string& method) {
  const ports::CallContext context{std::chrono::seconds(30), {}};
  const auto error = [](const auto& result) { return result ? std::nullopt : std::optional(result.error()); };
  ports::CreateRequest create;
  create.owner.lineage = "6ldv2x5ouyzikhzdibtw6ehzim";
  create.owner.cluster = "shop";
  create.owner.group = "web";
  create.owner.incarnation = 1;
  create.owner.token = *base::DigestFromBase32("b6iamyuk4k6sdcs6cmivpfcmh5c2qzd4vxpnm5bjpgvd2ztz2vpa");
  create.name = "shop-web-0-b6ia";
  create.labels = {{"tier", "web"}};
  create.properties = R"({"content":"hello","folder":"instances"})";
  if (method == "list") return error(provider.List({kScope, create.owner.lineage, {}, {}}, context));
  if (method == "create") return error(provider.Create(create, context));
  if (method == "update") return error(provider.Update({"i-7", {}, {}, kScope, {}, true}, context));
  if (method == "destroy") return error(provider.Destroy(kScope, "i-7", "size_down", context));
  if (method == "describe") {
    const std::vector<std::string> ids{"i-7", "i-8"};
    return error(provider.Describe(kScope, ids, context));
  }
  auto& plugin = dynamic_cast<providers::plugin::PluginProvider&>(provider);
  if (method == "planUpdate") {
    const auto verdicts = plugin.plan_update()->Judge(
        {R"({"folder":"instances","size":20})", R"({"folder":"instances","size":10})", {"size"}}, context);
    if (verdicts) CHECK((verdicts->at(0).path == "size" && verdicts->at(0).replace));
    if (verdicts) CHECK(verdicts->at(0).reason == "a disk can only grow");
    return error(verdicts);
  }
  if (method == "logs") {
    std::string output;
    const auto read = plugin.logs()->ReadLogs({"i-7", kScope, false, 2}, {}, [&](auto piece) { output += piece; });
    if (read) CHECK(output == "ready\n");
    return error(read);
  }
  if (method == "exec") {
    const auto run = plugin.exec()->Run({"i-7", kScope, {"cat", "state"}, {{"KADENDE_NODE", "web-0"}}}, context);
    if (run) CHECK((run->exit_code == 0 && run->output == "ready\n"));
    return error(run);
  }
  REQUIRE(method == "validate");
  const base::Diagnostics diagnostics = provider.Validate(R"({"folder":""})");
  CHECK(base::Render(diagnostics) == "error: `folder` is empty (folder)\n    name a folder\n");
  return std::nullopt;
}

std::optional<base::Error> Replay(const std::string& path, const Vector& vector) {
  PluginPlace place;
  const auto provider = place.Start(std::string(PLUGINS) + "/replay.py", {path});
  if (!provider) return provider.error();
  REQUIRE(vector.method != "initialize");
  return ErrorOf(**provider, vector.method);
}

TEST_CASE("the host says and understands what the vectors say") {
  std::size_t replayed = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kVectors)) {
    if (entry.path().extension() != ".txt") continue;
    const Vector vector = Read(entry.path());
    INFO(entry.path());
    ++replayed;
    const auto error = Replay(entry.path(), vector);
    INFO((error ? error->message : "ok"));
    if (vector.outcome == "ok") {
      CHECK_FALSE(error);
      continue;
    }
    REQUIRE(error);
    const std::string said = "error " + std::string(base::ErrorCodeName(error->code)) +
                             (error->effect == base::Effect::kPossible ? " possible " : " none ");
    REQUIRE(vector.outcome.starts_with(said));
    CHECK(error->message.find(vector.outcome.substr(said.size())) != std::string::npos);
  }
  CHECK(replayed > 50);
}

std::string WithoutId(const std::string& line) {
  return std::regex_replace(line, std::regex(R"("id":\d+)"), R"("id":0)", std::regex_constants::format_first_only);
}

TEST_CASE("every example of PROTOCOL.md is in a vector") {
  std::vector<std::string> known;
  for (const auto& entry : std::filesystem::directory_iterator(kVectors)) {
    for (const std::string& line : Read(entry.path()).lines) known.push_back(WithoutId(line));
  }
  std::size_t examples = 0;
  for (const std::string& line : LinesOf(std::string(kVectors) + "/../../PROTOCOL.md")) {
    if (!line.starts_with("    > ") && !line.starts_with("    < ")) continue;
    ++examples;
    if (line.find("\"method\":\"cancel\"") != std::string::npos) continue;  // its moment is not the vector's to choose
    INFO(line);
    CHECK(std::find(known.begin(), known.end(), WithoutId(line.substr(4))) != known.end());
  }
  CHECK(examples > 15);
}

}  // namespace
}  // namespace kadende::tests
