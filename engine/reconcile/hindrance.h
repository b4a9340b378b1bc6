// A brake that holds at this moment, before it is compared with what state says of it.
#pragma once

#include <string>

#include "engine/base/time.h"
#include "engine/model/count.h"
#include "engine/model/record.h"

namespace kadende::reconcile {

struct Hindrance {
  model::BrakeKind kind = model::BrakeKind::kMaxUnhealthy;
  std::string detail;       // as counted now
  base::TimePoint until{};  // never: time alone does not end it
};

// Percent rounds down, never below one.
[[nodiscard]] inline std::uint32_t AtLeastOne(const model::CountOrPercent& of, std::uint32_t size) {
  return of.percent ? std::max<std::uint32_t>(1, of.RoundDown(size)) : of.value;
}

// "40% (1)", or "2".
[[nodiscard]] inline std::string LimitText(const model::CountOrPercent& of, std::uint32_t limit) {
  return of.percent ? of.ToText() + " (" + std::to_string(limit) + ")" : of.ToText();
}

}  // namespace kadende::reconcile
