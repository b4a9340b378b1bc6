// The calls of optional abilities (providers/PROTOCOL.md, "Abilities"), as requests.h has those that every plugin has.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.h"
#include "engine/ports/exec.h"
#include "engine/ports/logs.h"
#include "engine/ports/plan_update.h"

namespace kadende::providers::plugin {

// `cursor` empty: from the beginning, or the last `tail_lines` of the request.
[[nodiscard]] base::Result<std::string> LogsParams(const ports::LogRequest& request, std::string_view cursor);
[[nodiscard]] base::Result<std::string> ExecParams(const ports::ExecRequest& request, base::Millis timeout);
[[nodiscard]] base::Result<std::string> PlanUpdateParams(const ports::PlanUpdateRequest& request);

struct LogPage {
  std::string output;  // bytes
  std::string cursor;  // where to go on; empty: nothing will ever follow
  bool more = false;   // there is more already
};
// `cursor`: the one that was asked with.
[[nodiscard]] base::Result<LogPage> LogsAnswer(const base::Json& result, std::string_view cursor);
// The last `most_output` bytes.
[[nodiscard]] base::Result<ports::ExecResult> ExecAnswer(const base::Json& result, std::size_t most_output);
[[nodiscard]] base::Result<std::vector<ports::UpdateVerdict>> PlanUpdateAnswer(const base::Json& result);

}  // namespace kadende::providers::plugin
