// What a run did, for a terminal: what failed and why, what was skipped because of it, what is unknown, what was not
// started, and the line that scripts read. Pure; ends with a newline.
#pragma once

#include <cstddef>
#include <string>

#include "engine/apply/executor.h"
#include "engine/model/plan.h"

namespace kadende::cli {

struct ApplyTableOptions {
  bool color = false;
  bool verbose = false;        // rows of what was done, too
  std::size_t row_limit = 50;  // rows per outcome; the rest is counted
};

// A complete run: only the summary (and rows with `verbose`). Otherwise a table with one row per action that was not
// done, and a closing sentence that says what to do next.
[[nodiscard]] std::string ApplyTable(const model::Plan& plan, const apply::ExecuteResult& result,
                                     const ApplyTableOptions& options = {});

// "Apply complete! Resources: 3 added, 0 changed, 1 destroyed." or "Apply incomplete! Resources: 2 added, ...; 1
// failed, 3 skipped, ...", without newline; "Destroy complete! Resources: 3 destroyed." for a plan to destroy.
[[nodiscard]] std::string ApplySummary(const model::Plan& plan, const apply::ExecuteResult& result);

}  // namespace kadende::cli
