// The published history for a terminal and for programs: `kadende log` and `kadende show CLUSTER@REV`. Pure.
#pragma once

#include <string>
#include <vector>

#include "engine/base/time.h"
#include "engine/ports/history.h"

namespace kadende::cli {

struct LogTextOptions {
  bool color = false;
  bool oneline = false;  // serial, short id, time, subject
  base::TimePoint now{};
};

// Newest first, as given: "serial 12  3f2c1ab  2026-11-22T08:03:46Z (5m ago)  by ann@host", subject, body indented.
[[nodiscard]] std::string LogText(const std::vector<ports::CommitSummary>& commits, const LogTextOptions& options = {});
[[nodiscard]] std::string LogJson(const std::vector<ports::CommitSummary>& commits);

// A cluster as it was at a commit: the commit, then ClusterText and NodesTable of its state.
[[nodiscard]] std::string ShowText(const ports::HistoricState& historic, const LogTextOptions& options = {});

}  // namespace kadende::cli
