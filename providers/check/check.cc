#include "providers/check/check.h"

#include <optional>
#include <string_view>

#include "providers/check/situations.h"

namespace kadende::providers::check {
namespace {

// nullopt: it is about an ability that the provider does not claim to have.
std::optional<Verdict> RunOne(const Situation& situation, const Target& target, const CheckOptions& options) {
  if (options.stop.stop_requested()) return Skip("stopped");
  World world(target, options);
  if (!world.broken().empty()) return Fault("the provider cannot be started: " + world.broken());
  if (*situation.ability != '\0' && !world.Can(situation.ability)) return std::nullopt;
  Verdict verdict = situation.run(world);
  if (options.stop.stop_requested()) return Skip("stopped");  // its calls were cut short
  return verdict;
}

}  // namespace

std::vector<Finding> Check(const Target& target, const CheckOptions& options,
                           const std::function<void(const Finding&)>& tell) {
  std::vector<Finding> findings;
  for (const auto& group : {LifeSituations(), ChangeSituations(), AccidentSituations(), AbilitySituations()}) {
    for (const Situation& situation : group) {
      if (std::string_view(situation.promise).find(options.only) == std::string_view::npos) continue;
      const auto begin = std::chrono::steady_clock::now();
      std::optional<Verdict> verdict = RunOne(situation, target, options);
      if (!verdict) continue;
      const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
      findings.push_back({situation.promise, verdict->outcome, std::move(verdict->message), took});
      if (tell) tell(findings.back());
    }
  }
  return findings;
}

}  // namespace kadende::providers::check
