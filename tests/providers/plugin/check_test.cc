// The check for authors, over what is right and what has one fault: it must find exactly that.
#include <signal.h>

#include <catch2/catch.hpp>

#include "providers/check/check.h"
#include "providers/process/process_provider.h"
#include "providers/sim/sim_provider.h"
#include "tests/providers/plugin/plugin_support.h"

namespace kadende::tests {
namespace {

using providers::check::CheckOptions;
using providers::check::Finding;
using providers::check::Outcome;
using providers::check::Target;

CheckOptions Quick() {
  CheckOptions options;
  options.many = 12;
  options.timeout = std::chrono::seconds(30);
  return options;
}

// The promises that are not kept, a line each.
std::string Failures(const Target& target, const std::string& only = {}) {
  CheckOptions options = Quick();
  options.only = only;
  std::string failures;
  for (const Finding& finding : Check(target, options, {})) {
    if (finding.outcome == Outcome::kFailed) failures += finding.situation + ": " + finding.message + "\n";
  }
  return failures;
}

TEST_CASE("the built-in providers pass the check for authors") {
  PluginPlace place;
  Target target;
  SECTION("sim") {
    target.properties = R"({"cloud":"c.sim"})";
    target.changed_properties = R"({"cloud":"c.sim","note":"x"})";
    target.make = [&] { return providers::MakeSimProvider(place.folder()); };
  }
  SECTION("process") {
    target.properties = R"({"args":["-c","exec sleep 1000"],"command":"/bin/sh"})";
    target.make = [&]() -> base::Result<std::unique_ptr<ports::Provider>> {
      providers::ProcessOptions options;
      options.base_directory = place.folder();
      options.shim_path = SHIM;
      options.registry = place.Path("registry");
      return providers::MakeProcessProvider(std::move(options)).provider;
    };
  }
  CHECK(Failures(target).empty());
}

TEST_CASE("a plugin with one fault is found by the check") {
  const auto [habit, promise, fault] = GENERATE(table<std::string, std::string, std::string>({
      {"liar", "created instance is listed", "list gives 0 instances (nothing), and there should be 1"},
      {"doubles", "repeated with its token", "a second create with the same token made another instance"},
      {"doubles", "killed in mid-call", "killed while creates were under way: list gives"},
      {"one-instance", "another incarnation", "does not have the tag `kadende/token` of the request"},
      {"loses-labels", "created instance is listed", "`labels` are not those that were given"},
      {"loses-tags", "created instance is listed", "tags must come back as they were given"},
      {"half-listing", "many creates", "list gives 6 instances"},
      {"two-scopes", "scope is the same", "a scope is the name of one place, the same for every call"},
      {"no-update", "update replaces", "describe: tag kadende/group is `web/front`, not `web/moved`"},
      {"destroy-once", "destroyed instance is gone", "a second destroy of the same instance must succeed"},
      {"immortal", "destroyed instance is gone", "after destroy: list gives 2 instances"},
  }));
  PluginPlace place;
  Target target;
  target.properties = R"({"folder":"zoo"})";
  target.make = [&, name = habit] { return place.Start(std::string(PLUGINS) + "/zoo.py", {name}); };
  pid_t shim = 0;
  place.options.on_start = [&shim](pid_t pid) { shim = pid; };
  target.crash = [&shim] { return ::kill(shim, SIGKILL) == 0; };  // the plugin ends with its shim
  const std::string failures = Failures(target, promise);
  INFO(habit << ":\n" << failures);
  CHECK(failures.find(fault) != std::string::npos);
}

TEST_CASE("a plugin without a fault passes the check") {
  PluginPlace place;
  Target target;
  target.properties = R"({"folder":"zoo"})";
  target.changed_properties = R"({"folder":"zoo","note":"x"})";
  target.make = [&] { return place.Start(std::string(PLUGINS) + "/zoo.py"); };
  CHECK(Failures(target).empty());
}

TEST_CASE("a check that is stopped makes nothing more") {
  PluginPlace place;
  std::stop_source stop;
  stop.request_stop();
  CheckOptions options = Quick();
  options.stop = stop.get_token();
  Target target;
  target.make = [&] { return providers::MakeSimProvider(place.folder()); };
  for (const Finding& finding : Check(target, options, {})) CHECK(finding.outcome == Outcome::kSkipped);
}

}  // namespace
}  // namespace kadende::tests
