// What is run or asked around the creation and the end of a node: `hooks` and `drain` of a group. Part of its policy,
// so changing them changes no node. Stored as JSON (policy_json.h).
//
// Texts may hold ${...}, filled in in two steps (check_texts.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.h"

namespace kadende::model {

// In the order in which they come in a node's life; on_failure in place of the rest.
enum class HookPoint : std::uint8_t {
  kPreCreate,   // nothing is made yet; a failure leaves it so
  kPostCreate,  // configures the node; a failure ends it
  kPreReady,    // verifies it: asked again and again until it succeeds, or its timeout has passed
  kPreDrain,    // from here on a failure holds nothing up
  kPostDrain,
  kPreDestroy,
  kPostDestroy,  // cleans up
  kOnFailure,    // a create or its hooks failed
};
[[nodiscard]] std::string_view HookPointName(HookPoint point);  // "pre_create"
[[nodiscard]] std::optional<HookPoint> ParseHookPoint(std::string_view name);

struct Hook {
  HookPoint at = HookPoint::kPostCreate;
  std::vector<std::string> exec;  // program and arguments; empty: `url`
  std::string url;                // posted to
  // Without a sign of life (a program's output); in all at most 100 times that, and 48 h (SEMANTICS 5). 10 min: there.
  base::Millis timeout = std::chrono::minutes(10);

  bool operator==(const Hook&) const = default;
};

// How work leaves a node before it is destroyed. Defaults: SEMANTICS 5.
struct DrainPolicy {
  std::vector<std::string> exec;  // asked until it exits with 0; empty: nothing moves work off
  base::Millis timeout = std::chrono::minutes(15);
  base::Millis unreachable = std::chrono::seconds(60);  // in place of it, for a node that cannot answer

  bool operator==(const DrainPolicy&) const = default;
};

}  // namespace kadende::model
