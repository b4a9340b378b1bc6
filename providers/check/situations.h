// The situations of the check, in groups. Each is a promise of a provider, told as a sentence.
#pragma once

#include <span>

#include "providers/check/world.h"

namespace kadende::providers::check {

struct Situation {
  const char* promise;
  Verdict (*run)(World&);
  const char* ability = "";  // only for providers whose manifest names it
};

[[nodiscard]] std::span<const Situation> LifeSituations();      // one instance from its create to its destroy
[[nodiscard]] std::span<const Situation> ChangeSituations();    // update, tags, scope
[[nodiscard]] std::span<const Situation> AccidentSituations();  // repeats, crowds, crashes
[[nodiscard]] std::span<const Situation> AbilitySituations();   // planUpdate, logs, exec

}  // namespace kadende::providers::check
