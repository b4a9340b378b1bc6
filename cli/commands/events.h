// `kadende events`: what happened, with its cause, from the bounded record of the working store.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/command.h"

namespace kadende::cli {

struct EventsOptions {
  std::string cluster;
  std::string node;
  std::string group;
  std::vector<std::string> kinds;
  std::uint32_t limit = 100;
};
void DefineEvents(CommandSetup& setup, EventsOptions& options);
[[nodiscard]] int RunEvents(const EventsOptions& options, Console& console);

}  // namespace kadende::cli
