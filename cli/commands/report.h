// `kadende nodes report NODE healthy|unhealthy`: a person or a program says how a node is, for checks of type `pushed`.
// Beside a running watch, which hears it within a second; no run is waited for.
#pragma once

#include <string>

#include "cli/command.h"

namespace kadende::cli {

struct ReportOptions {
  std::string node;
  std::string state;
  std::string cluster;
  std::string reason;
  std::string ttl;  // a duration; empty: the check's
};
void DefineReport(CommandSetup& setup, ReportOptions& options);
[[nodiscard]] int RunReport(const ReportOptions& options, Console& console);

}  // namespace kadende::cli
