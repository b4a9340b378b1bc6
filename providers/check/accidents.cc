#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <optional>

#include "engine/base/text.h"
#include "providers/check/situations.h"

namespace kadende::providers::check {
namespace {

using Created = base::Result<ports::CreateResult>;

constexpr std::uint32_t kThreads = 8;

// `call(i)` for i in [0, count) from several threads.
template <class F>
auto InParallel(std::uint32_t count, F call) {
  std::vector<std::optional<decltype(call(0U))>> answers(count);
  std::atomic<std::uint32_t> next{0};
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t t = 0; t < std::min(kThreads, count); ++t) {
      threads.emplace_back([&] {
        for (std::uint32_t i = next++; i < count; i = next++) answers[i].emplace(call(i));
      });
    }
  }
  return answers;
}

Verdict NoIdempotentTokens() {
  return Skip("the manifest does not promise idempotent tokens");
}

Verdict AnotherIncarnationIsAnotherInstance(World& world) {
  const auto first = world.Create(world.Request(0));
  const auto second = world.Create(world.Request(0, 2));
  if (!first) return Fault("create: " + first.error().message);
  if (!second) return Fault("create: " + second.error().message);
  if (first->instance.id != second->instance.id) return Passed();
  return Fault("two creates with different tokens gave one instance, `" + first->instance.id + "`");
}

Verdict RepeatedTokenIsTheSameInstance(World& world) {
  if (!world.manifest().idempotent_tokens) return NoIdempotentTokens();
  const auto first = world.Create(world.Request(0));
  if (!first) return Fault("create: " + first.error().message);
  const auto again = world.Create(world.Request(0));
  if (!again) return Fault("a second create with the same token: " + again.error().message);
  if (again->instance.id != first->instance.id) {
    return Fault("a second create with the same token made another instance: `" + again->instance.id + "` beside `" +
                 first->instance.id + "`");
  }
  auto other = world.target().make();
  if (!other) return Fault("the provider cannot be started again: " + other.error().message);
  const auto elsewhere = (*other)->Create(world.Request(0), world.Context());
  if (!elsewhere) return Fault("a create with the same token by another process: " + elsewhere.error().message);
  if (elsewhere->instance.id != first->instance.id) {
    return Fault("a create with the same token by another process made another instance: `" + elsewhere->instance.id +
                 "` beside `" + first->instance.id + "`");
  }
  const std::string fault = world.LastFaultOfListing({first->instance.id});
  return fault.empty() ? Passed() : Fault(fault);
}

Verdict CrowdOfOneTokenMakesOne(World& world) {
  if (!world.manifest().idempotent_tokens) return NoIdempotentTokens();
  const auto answers = InParallel(kThreads, [&](std::uint32_t) { return world.Create(world.Request(0)); });
  std::string id;
  for (const auto& answer : answers) {
    if (!*answer) return Fault("create: " + answer->error().message);
    if (!id.empty() && (*answer)->instance.id != id) {
      return Fault("creates of one token at the same time made two instances: `" + id + "` and `" +
                   (*answer)->instance.id + "`");
    }
    id = (*answer)->instance.id;
  }
  const std::string fault = world.LastFaultOfListing({id});
  return fault.empty() ? Passed() : Fault(fault);
}

Verdict ManyAtOnceAreAllListed(World& world) {
  const std::uint32_t many = world.options().many;
  const auto answers = InParallel(many, [&](std::uint32_t i) { return world.Create(world.Request(i)); });
  std::vector<std::string> ids;
  for (const auto& answer : answers) {
    if (!*answer) return Fault("create: " + answer->error().message);
    ids.push_back((*answer)->instance.id);
  }
  std::string fault = world.LastFaultOfListing(ids);
  if (!fault.empty()) return Fault(fault);
  const auto gone = InParallel(many, [&](std::uint32_t i) { return world.Destroy(ids[i]); });
  for (const auto& status : gone) {
    if (!*status) return Fault("destroy: " + status->error().message);
  }
  fault = world.LastFaultOfListing({});
  return fault.empty() ? Passed() : Fault("after all were destroyed: " + fault);
}

// After an accident: what may or may not have been made is settled as kadende does it, by repeating the creates. Each
// token must then have one instance.
std::string FaultAfterSettling(World& world, std::uint32_t count) {
  std::vector<std::string> ids;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto again = world.Create(world.Request(i));
    if (!again) return "a create that was repeated after the accident: " + again.error().message;
    ids.push_back(again->instance.id);
  }
  return world.LastFaultOfListing(ids);
}

Verdict CrashInMidCallLosesNothing(World& world) {
  if (!world.target().crash) return Skip("there is no process to kill");
  if (!world.manifest().idempotent_tokens) return NoIdempotentTokens();
  constexpr std::uint32_t kCalls = 24;
  std::atomic<std::uint32_t> begun{0};
  std::jthread killer([&] {
    while (begun < kCalls / 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    static_cast<void>(world.target().crash());
  });
  const auto answers = InParallel(kCalls, [&](std::uint32_t i) {
    ++begun;
    return world.Create(world.Request(i));
  });
  killer.join();
  for (const auto& answer : answers) {
    const bool lost = !*answer && answer->error().effect == base::Effect::kPossible;
    if (!*answer && !lost && !base::IsRetryable(answer->error().code))
      return Fault("create: " + answer->error().message);
  }
  const std::string fault = FaultAfterSettling(world, kCalls);
  return fault.empty() ? Passed() : Fault("killed while creates were under way: " + fault);
}

Verdict GivenUpCallLosesNothing(World& world) {
  if (!world.manifest().idempotent_tokens) return NoIdempotentTokens();
  constexpr std::uint32_t kCalls = 8;
  ports::CallContext brief = world.Context();
  brief.timeout = std::chrono::milliseconds(1);
  for (std::uint32_t i = 0; i < kCalls; ++i) static_cast<void>(world.provider().Create(world.Request(i), brief));
  const std::string fault = FaultAfterSettling(world, kCalls);
  return fault.empty() ? Passed() : Fault("creates that ran out of time after 1ms: " + fault);
}

constexpr std::array<Situation, 6> kSituations = {{
    {"another incarnation of a slot is another instance", AnotherIncarnationIsAnotherInstance},
    {"a create that is repeated with its token gives the same instance", RepeatedTokenIsTheSameInstance},
    {"creates of one token at the same time make one instance", CrowdOfOneTokenMakesOne},
    {"many creates at once are all listed, each once", ManyAtOnceAreAllListed},
    {"a plugin that is killed in mid-call loses and doubles nothing", CrashInMidCallLosesNothing},
    {"a create that ran out of time loses and doubles nothing", GivenUpCallLosesNothing},
}};

}  // namespace

std::span<const Situation> AccidentSituations() {
  return kSituations;
}

}  // namespace kadende::providers::check
