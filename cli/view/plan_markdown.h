// A plan as a comment on a pull request: summary, what it takes to approve it, a table of the groups with counts,
// reasons, lowest healthy and highest total count, and details that fold away. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "engine/model/plan.h"

namespace kadende::cli {

struct PlanMarkdownOptions {
  // GitHub refuses comments of 65,536 characters and more. Bytes are counted, which is never less.
  std::size_t max_bytes = 65'535;
  std::size_t per_group_limit = 50;  // nodes listed per group
};

// Begins with an invisible line `<!-- kadende-plan:CLUSTER -->`, by which a bot finds its comment again. Always below
// the limit: a group that is too long is told more shortly, and what was cut is counted. All foreign text is escaped,
// so that no name can forge a heading, a link, a mention or the end of a folded section.
[[nodiscard]] std::string PlanMarkdown(const model::Plan& plan, const PlanMarkdownOptions& options = {});

}  // namespace kadende::cli
