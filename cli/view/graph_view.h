// The action graph of a plan for Graphviz and Mermaid. Pure and deterministic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/model/plan.h"

namespace kadende::cli {

enum class GraphFormat : std::uint8_t { kDot, kMermaid };
[[nodiscard]] std::optional<GraphFormat> ParseGraphFormat(std::string_view name);  // "dot", "mermaid"

struct GraphOptions {
  // A plan of more actions is drawn collapsed: one box per group and kind with a count, and the edges between them.
  std::size_t collapse_above = 60;
};

// Edges point from what comes first to what waits for it.
[[nodiscard]] std::string GraphText(const model::Plan& plan, GraphFormat format, const GraphOptions& options = {});

}  // namespace kadende::cli
