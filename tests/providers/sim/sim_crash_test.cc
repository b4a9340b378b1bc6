#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <vector>

#include "tests/contract/provider_world.h"
#include "tests/providers/sim/sim_support.h"

extern char** environ;

namespace kadende::tests {
namespace {

pid_t StartChild(const SimPlace& place, const std::string& first) {
  std::string program = SIM_CRASH_CHILD;
  std::string folder = place.folder();
  std::string ordinal = first;
  std::string threads = "4";
  char* argv[] = {program.data(), folder.data(), ordinal.data(), threads.data(), nullptr};
  pid_t pid = 0;
  REQUIRE(::posix_spawn(&pid, program.c_str(), nullptr, nullptr, argv, environ) == 0);
  return pid;
}

void Kill(pid_t pid) {
  ::kill(pid, SIGKILL);
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  REQUIRE(WIFSIGNALED(status));  // it had not failed before
}

std::vector<std::uint32_t> Acknowledged(const SimPlace& place) {
  std::vector<std::uint32_t> ordinals;
  std::ifstream file(place.folder() + "/acknowledged");
  for (std::uint32_t ordinal = 0; file >> ordinal;) ordinals.push_back(ordinal);
  return ordinals;
}

std::map<std::uint32_t, int> ByOrdinal(const SimPlace& place) {
  std::map<std::uint32_t, int> found;
  REQUIRE(place.Cloud()->ForEach([&](const providers::SimInstance& row) {
    CHECK(row.instance.owner.lineage == kSimLineage);
    CHECK(row.properties == kSimProperties);
    ++found[row.instance.owner.slot.ordinal];
  }));
  return found;
}

TEST_CASE("a process killed with kill -9 in the middle of creates loses none that was acknowledged and blocks nobody") {
  const SimPlace place;
  const auto provider = providers::MakeSimProvider(place.folder());
  for (int round = 0; round < 8; ++round) {
    const std::size_t before = Acknowledged(place).size();
    const pid_t child = StartChild(place, std::to_string(round * 1'000'000));
    const bool worked = Eventually([&] { return Acknowledged(place).size() > before + 50; });
    Kill(child);
    REQUIRE(worked);
    REQUIRE(provider->Create(SimRequest(static_cast<std::uint32_t>(round * 1'000'000 + 900'000)), {}));
  }
  const auto found = ByOrdinal(place);
  for (const std::uint32_t ordinal : Acknowledged(place)) CHECK(found.count(ordinal) == 1);
  for (const auto& [ordinal, times] : found) CHECK(times == 1);
  CHECK(place.Count().made == found.size());
  CHECK(place.Count().live == found.size());
}

TEST_CASE("creates that were accepted land after their latency though their caller was killed") {
  const SimPlace place;
  place.Set("create-latency", "500ms");
  const pid_t child = StartChild(place, "0");
  const bool accepted = Eventually([&] { return place.Count().pending >= 4; });
  Kill(child);
  REQUIRE(accepted);
  const auto made = place.Count().made;
  CHECK(Eventually([&] { return place.Count().live == made; }));
  const auto provider = providers::MakeSimProvider(place.folder());
  place.Set("create-latency", "0s");
  for (std::uint32_t ordinal = 0; ordinal < made; ++ordinal) REQUIRE(provider->Create(SimRequest(ordinal), {}));
  CHECK(place.Count().made == made);  // the tokens were known
}

}  // namespace
}  // namespace kadende::tests
