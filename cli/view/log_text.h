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

// "serial 12  3f2c1abd90  2026-11-22T08:03:46Z (5m ago)  by ann@host", without newline.
[[nodiscard]] std::string CommitHeading(const ports::CommitSummary& commit, const LogTextOptions& options = {});
// Why nodes changed, as the version's trailer counts it: "the group grows (2); it is unhealthy"; empty where it does
// not say (commands of a person, versions of older releases).
[[nodiscard]] std::string CommitReasons(const ports::CommitSummary& commit);
// One object: serial, commit, time, subject, body, actor, lineage, specHash, reasons, trailers.
[[nodiscard]] std::string CommitJson(const ports::CommitSummary& commit);

// Newest first, as given: heading, subject, why, body indented.
[[nodiscard]] std::string LogText(const std::vector<ports::CommitSummary>& commits, const LogTextOptions& options = {});
[[nodiscard]] std::string LogJson(const std::vector<ports::CommitSummary>& commits);

// A cluster as it was at a commit: who, when, what and why, then ClusterText and NodesTable of its state.
[[nodiscard]] std::string ShowText(const ports::HistoricState& historic, const LogTextOptions& options = {});

// The same for programs: the document of NodesJson with `commit` (as CommitJson), `spec` and `variables` in front.
[[nodiscard]] std::string ShowJson(const ports::HistoricState& historic, const LogTextOptions& options = {});

}  // namespace kadende::cli
