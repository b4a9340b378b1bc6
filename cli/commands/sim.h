// `kadende sim ...`: steers the simulated cloud of the `sim` provider, and tells the truth about it.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace kadende::cli {

struct SimOptions {
  std::string cloud;                  // the cloud's file
  std::vector<std::string> settings;  // NAME=VALUE, or NAME VALUE
  std::vector<std::string> instances;
  std::string reason;
  std::string name;
  std::vector<std::string> labels;  // KEY=VALUE
  bool all = false;
};
void DefineSimSettings(CommandSetup& setup, SimOptions& options);  // create, set
void DefineSimCloud(CommandSetup& setup, SimOptions& options);     // status, count
void DefineSimRun(CommandSetup& setup, SimOptions& options);
void DefineSimList(CommandSetup& setup, SimOptions& options);
void DefineSimInstances(CommandSetup& setup, SimOptions& options);  // healthy, unhealthy, stop, terminate, vanish
[[nodiscard]] int RunSimCreate(const SimOptions& options, Console& console);
[[nodiscard]] int RunSimSet(const SimOptions& options, Console& console);
[[nodiscard]] int RunSimRun(const SimOptions& options, Console& console);
[[nodiscard]] int RunSimStatus(const SimOptions& options, Console& console);
[[nodiscard]] int RunSimCount(const SimOptions& options, Console& console);
[[nodiscard]] int RunSimList(const SimOptions& options, Console& console);
[[nodiscard]] int RunSimHealthy(const SimOptions& options, Console& console);
[[nodiscard]] int RunSimUnhealthy(const SimOptions& options, Console& console);
[[nodiscard]] int RunSimStop(const SimOptions& options, Console& console);
[[nodiscard]] int RunSimTerminate(const SimOptions& options, Console& console);
[[nodiscard]] int RunSimVanish(const SimOptions& options, Console& console);

}  // namespace kadende::cli
