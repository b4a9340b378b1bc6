// Two versions of a cluster side by side, for a terminal and for programs: `kadende diff`. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "cli/view/log_text.h"
#include "cli/view/state_diff.h"
#include "engine/ports/history.h"

namespace kadende::cli {

struct StateDiffTextOptions {
  bool color = false;
  bool verbose = false;              // all nodes and properties, values whole
  std::size_t per_group_limit = 20;  // nodes shown per group
  base::TimePoint now{};
};

struct VersionsCompared {
  const ports::HistoricState& before;
  const ports::HistoricState& after;
  std::string_view spec_diff;  // unified, of spec.yaml; empty: the same text
};

// The two versions, then header, groups, nodes, the file, and one line that counts. All foreign text is escaped.
[[nodiscard]] std::string StateDiffText(const VersionsCompared& versions, const StateDiffTextOptions& options = {});

// "2 nodes added, 1 replaced, 0 changed, 1 removed; the file changed."
[[nodiscard]] std::string StateDiffSummary(const StateDiff& diff, bool spec_changed);

// One document, described in README.md.
[[nodiscard]] std::string StateDiffJson(const VersionsCompared& versions);

}  // namespace kadende::cli
