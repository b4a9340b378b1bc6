// A plugin with one bad habit: what its caller is told, and that the host goes on.
#include <signal.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>

#include "engine/base/text.h"
#include "engine/model/identity.h"
#include "providers/shim/files.h"
#include "tests/providers/plugin/plugin_support.h"

namespace kadende::tests {
namespace {

using base::Effect;
using base::ErrorCode;
using providers::plugin::PluginNote;
using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string kZoo = std::string(PLUGINS) + "/zoo.py";
constexpr const char* kScope = R"({"folder":"zoo"})";

ports::CreateRequest Request(std::uint32_t ordinal = 0) {
  ports::CreateRequest request;
  request.owner.lineage = "6ldv2x5ouyzikhzdibtw6ehzim";
  request.owner.cluster = "shop";
  request.owner.group = "web";
  request.owner.slot.ordinal = ordinal;
  request.owner.incarnation = 1;
  request.owner.token = model::MakeToken(request.owner.lineage, "web", request.owner.slot, 1);
  request.name = "shop-web-0";
  request.properties = kScope;
  return request;
}

class Zoo : public PluginPlace {
 public:
  [[nodiscard]] std::unique_ptr<ports::Provider> With(const std::string& habit) {
    auto made = Start(kZoo, {habit});
    if (!made) FAIL(made.error().message);
    return std::move(*made);
  }
  [[nodiscard]] base::Error WhyNotStarted(const std::string& habit) {
    const auto made = Start(kZoo, {habit});
    REQUIRE_FALSE(made);
    return made.error();
  }
  [[nodiscard]] std::string Content(const std::string& name) const {
    std::stringstream content;
    content << std::ifstream(Path(name)).rdbuf();
    return content.str();
  }
};

base::Error CreateError(ports::Provider& provider, milliseconds timeout = seconds(30)) {
  const auto created = provider.Create(Request(), {timeout, {}});
  REQUIRE_FALSE(created);
  return created.error();
}

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::size_t Listed(ports::Provider& provider) {
  const auto page = provider.List({kScope, Request().owner.lineage, {}, {}}, {seconds(30), {}});
  if (!page) FAIL(page.error().message);
  return page->instances.size();
}

bool Lives(pid_t pid) {
  const auto stat = providers::shim::ReadProcessStat(pid);
  return stat && stat->state != 'Z';
}

template <class F>
bool Eventually(F condition) {
  const auto deadline = std::chrono::steady_clock::now() + seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

TEST_CASE("a plugin that ends at its start is told by its last words") {
  const base::Error error = Zoo().WhyNotStarted("ends-at-start");
  CHECK(error.message ==
        "plugin `files` ended with status 1; it had not answered `initialize`; the last of its standard error: no "
        "credentials in ~/.zoo");
}

TEST_CASE("a plugin that does not answer at its start is given up in time") {
  Zoo zoo;
  zoo.options.start_timeout = milliseconds(300);
  const base::Error error = zoo.WhyNotStarted("silent-start");
  CHECK(error.code == ErrorCode::kTimeout);
  CHECK(Has(error.message, "has not answered `initialize` within 300ms"));
}

TEST_CASE("a plugin of another protocol version is told both versions") {
  const base::Error error = Zoo().WhyNotStarted("newer");
  CHECK(error.code == ErrorCode::kInvalid);
  CHECK(Has(error.message, "it speaks version 9 of the protocol, and this kadende speaks version 1"));
}

TEST_CASE("a file that cannot be started is named with the reason") {
  PluginPlace place;
  CHECK(place.Start("/no/such/plugin").error().code == ErrorCode::kNotFound);
  const std::string no_interpreter = place.Write("a", "#!/no/such/interpreter\n");
  CHECK(Has(place.Start(no_interpreter).error().message, "cannot be started: " + no_interpreter));
  const std::string no_program = place.Write("b", "just text");
  CHECK(Has(place.Start(no_program).error().message, "it needs a first line like #!"));
  const std::string plain = place.Write("c", "#!/bin/sh\n");
  std::filesystem::permissions(plain, std::filesystem::perms::owner_read);
  CHECK(Has(place.Start(plain).error().message, "is not executable"));
}

TEST_CASE("a plugin that hangs is given up at the deadline, and ended when it stays silent") {
  Zoo zoo;
  zoo.options.hang_grace = milliseconds(200);
  const auto provider = zoo.With("hang");
  const base::Error error = CreateError(*provider, milliseconds(200));
  CHECK(error.code == ErrorCode::kTimeout);
  CHECK(error.effect == Effect::kPossible);
  CHECK(Has(error.message, "has not answered `create` within 200ms"));
  // A second call, with a long deadline, does not wait for it.
  const base::Error second = CreateError(*provider);
  CHECK(Has(second.message, "hangs: it said nothing for 200ms"));
}

TEST_CASE("a plugin that is slow is waited for") {
  Zoo zoo;
  zoo.options.hang_grace = milliseconds(1);
  CHECK(zoo.With("slow")->Create(Request(), {seconds(30), {}}));
}

TEST_CASE("a crash in mid-call may have had its effect, and a repeat with the token settles it") {
  Zoo zoo;
  const std::string habit = GENERATE("crash-first", "crash-after");
  const auto provider = zoo.With(habit);
  const base::Error error = CreateError(*provider);
  CHECK(error.code == ErrorCode::kUnavailable);
  CHECK(error.effect == Effect::kPossible);
  CHECK(Has(error.message, "plugin `files` ended with status 3; it had not answered `create`"));
  if (habit == "crash-after") CHECK(Has(error.message, "the cloud's answer\\x1b[31m was odd"));
  CHECK(provider->Create(Request(), {seconds(30), {}}));  // started again
  CHECK(Listed(*provider) == 1);
}

TEST_CASE("garbage, huge lines and unknown ids end the plugin with what it sent") {
  Zoo zoo;
  zoo.options.largest_message = 1'000'000;
  const auto [habit, words] = GENERATE(table<std::string, std::string>({
      {"garbage", "sent a line that is no message of the protocol, `Hello from the plugin!`"},
      {"huge", "sent a message of more than 1,000,000 bytes"},
      {"unknown-id", "answered a call that nobody made (id 4711)"},
      {"mute", "closed its standard output"},
  }));
  const base::Error error = CreateError(*zoo.With(habit));
  INFO(error.message);
  CHECK(error.code == ErrorCode::kInternal);
  CHECK(error.effect == Effect::kPossible);
  CHECK(Has(error.message, words));
}

TEST_CASE("an answer that lacks what it should have fails that call alone") {
  Zoo zoo;
  const auto provider = zoo.With("wrong-answer");
  const base::Error error = CreateError(*provider);
  CHECK(error.code == ErrorCode::kInternal);
  CHECK(error.effect == Effect::kPossible);
  CHECK(Has(error.message, "gave an answer to `create` that breaks the protocol: `scope` is missing"));
  // The same process goes on.
  CHECK(CreateError(*provider).code == ErrorCode::kInternal);
  CHECK(base::Split(zoo.Content("starts"), '\n').size() == 2);  // one line and what is behind it
}

TEST_CASE("a second answer to one call is passed over") {
  Zoo zoo;
  const auto provider = zoo.With("twice");
  CHECK(provider->Create(Request(), {seconds(30), {}}));
  CHECK(Listed(*provider) == 1);
}

TEST_CASE("a request of a plugin is answered with an error") {
  CHECK(Zoo().With("asks")->Create(Request(), {seconds(30), {}}));
}

TEST_CASE("flooded standard error stops nothing, and its last lines are kept") {
  Zoo zoo;
  const auto provider = zoo.With("flood");
  CHECK(provider->Create(Request(), {seconds(30), {}}));
  const base::Error error = CreateError(*zoo.With("flood-and-crash"));
  CHECK(Has(error.message, "standard error: line 19992 y"));
  CHECK(Has(error.message, "| line 19999 y"));
  CHECK(error.message.size() < 2000);
}

TEST_CASE("a plugin that sends requests and reads no answers is ended") {
  Zoo zoo;
  zoo.options.largest_queue = 100'000;
  const base::Error error = CreateError(*zoo.With("asks-for-ever"));
  CHECK(Has(error.message, "does not read what it is sent"));
}

TEST_CASE("a plugin that does not read its input is no trap for its callers") {
  Zoo zoo;
  zoo.options.largest_queue = 200'000;
  const auto provider = zoo.With("deaf");
  ports::CreateRequest request = Request();
  const std::string properties = R"({"folder":")" + std::string(150'000, 'x') + R"("})";
  request.properties = properties;
  const auto first = provider->Create(request, {milliseconds(50), {}});
  REQUIRE_FALSE(first);
  CHECK(first.error().code == ErrorCode::kTimeout);
  CHECK(first.error().effect == Effect::kPossible);  // its beginning is in the pipe
  ports::CreateRequest small = Request();
  const auto second = provider->Create(small, {milliseconds(50), {}});
  REQUIRE_FALSE(second);
  CHECK(second.error().effect == Effect::kNone);  // it waits behind, and never gets there
  const auto third = provider->Create(request, {seconds(30), {}});
  REQUIRE_FALSE(third);
  CHECK(third.error().code == ErrorCode::kUnavailable);
  CHECK(Has(third.error().message, "does not read its calls"));
}

TEST_CASE("children that keep the pipes open do not keep their plugin's callers waiting, and end with it") {
  Zoo zoo;
  pid_t shim = 0;
  zoo.options.on_start = [&shim](pid_t pid) { shim = pid; };
  auto provider = zoo.With("leaves-children");
  const base::Error error = CreateError(*provider);
  CHECK(Has(error.message, "ended with status 0; it had not answered `create`"));
  const pid_t first = shim;
  CHECK(Eventually([&] { return !Lives(first); }));  // a shim stays until all children are gone
}

TEST_CASE("log and progress come as notes, and notifications that nobody knows are passed over") {
  Zoo zoo;
  std::mutex mutex;
  std::vector<PluginNote> notes;
  zoo.options.on_note = [&](const PluginNote& note) {
    const std::lock_guard lock(mutex);
    notes.push_back(note);
  };
  CHECK(zoo.With("talks")->Create(Request(), {seconds(30), {}}));
  const std::lock_guard lock(mutex);
  REQUIRE(notes.size() == 2);
  CHECK(notes[0].kind == PluginNote::Kind::kLog);
  CHECK(notes[0].level == "warning");
  CHECK(notes[0].message == "slow\x1b[0m today");
  CHECK(notes[1].kind == PluginNote::Kind::kProgress);
  CHECK(notes[1].subject == "shop-web-0");
  CHECK(notes[1].fraction == Approx(0.5));
}

TEST_CASE("a plugin sees of the environment what it asks for, and never kadende's own") {
  ::setenv("ZOO_WANTED", "yes", 1);
  ::setenv("ZOO_SECRET", "no", 1);
  ::setenv("KADENDE_STATE_KEY", "no", 1);
  Zoo zoo;
  const auto provider = zoo.With("none");
  const std::string environment = zoo.Content("environment");
  CHECK(Has(environment, "\"ZOO_WANTED\": \"yes\""));
  CHECK_FALSE(Has(environment, "ZOO_SECRET"));
  CHECK_FALSE(Has(environment, "KADENDE_STATE_KEY"));
  ::unsetenv("ZOO_WANTED");
  ::unsetenv("ZOO_SECRET");
  ::unsetenv("KADENDE_STATE_KEY");
}

TEST_CASE("a plugin that ends while nobody calls is started again by the next call") {
  Zoo zoo;
  pid_t shim = 0;
  zoo.options.on_start = [&shim](pid_t pid) { shim = pid; };
  const auto provider = zoo.With("none");
  CHECK(provider->Create(Request(), {seconds(30), {}}));
  const pid_t first = shim;
  ::kill(first, SIGKILL);  // the plugin ends with its shim
  CHECK(Eventually([&] { return !Lives(first); }));
  CHECK(Eventually([&] {
    const auto page = provider->List({kScope, Request().owner.lineage, {}, {}}, {seconds(30), {}});
    return page && page->instances.size() == 1;
  }));
  CHECK(shim != first);
}

TEST_CASE("nothing of a plugin outlives its provider") {
  Zoo zoo;
  pid_t shim = 0;
  zoo.options.on_start = [&shim](pid_t pid) { shim = pid; };
  zoo.options.stop_grace = milliseconds(100);
  auto provider = zoo.With("hang");
  CHECK(CreateError(*provider, milliseconds(20)).code == ErrorCode::kTimeout);
  provider.reset();
  CHECK_FALSE(Lives(shim));
}

}  // namespace
}  // namespace kadende::tests
