// What a look saw: a finding, and one short line for a person.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/time.h"
#include "engine/model/health.h"

namespace kadende::providers::probe {

struct Outcome {
  model::Finding finding = model::Finding::kUnknown;
  std::string evidence;
};

// The last line of `text` that holds more than blanks, at most 200 bytes and never half a character. Foreign text stays
// as it is otherwise: views escape it.
[[nodiscard]] std::string LastLine(std::string_view text);
[[nodiscard]] std::string Shorten(std::string_view line);

// A connection that failed with `error` (errno). What the other side did, or did not do, is a failure; what this
// machine could not do (no descriptors, no memory, no network of its own, not allowed) is unknown, and so is what is
// not known to be either.
[[nodiscard]] Outcome ConnectionFailed(int error);
[[nodiscard]] Outcome TimedOut(base::Millis timeout);

}  // namespace kadende::providers::probe
