// A group whose creates and replacements have failed for remediation.suspendAfter without one success: automation gives
// no live node up any more, until a person resumes it. Pure. Creating what is gone goes on, ever as seldom as
// CreateBackoff says.
#pragma once

#include <optional>

#include "engine/model/health_check.h"
#include "engine/reconcile/hindrance.h"

namespace kadende::reconcile {

struct Failing {
  base::TimePoint since{};  // as kept; never: nothing failed
  bool failing = false;     // the group's creates are held back by failures, as of this pass
  bool suspended = false;   // since a pass before
  bool released = false;    // a person has resumed it since
};

// What is to be kept instead of `since`.
[[nodiscard]] base::TimePoint FailingSince(const Failing& failing, base::TimePoint now);
[[nodiscard]] std::optional<Hindrance> CheckSuspended(const Failing& failing, const model::RemediationPolicy& policy,
                                                      const std::string& last_error, base::TimePoint now);

}  // namespace kadende::reconcile
