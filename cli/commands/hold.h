// `kadende hold NODE|GROUP` orders a node or group to be left alone by everybody; `kadende unhold` takes that back.
#pragma once

#include <string>

#include "cli/edit.h"
#include "engine/base/time.h"

namespace kadende::cli {

struct HoldOptions : EditOptions {
  static constexpr base::Millis kNotGiven{-1};  // no DURATION is negative

  std::string target;                 // node or group
  std::string reason;                 // hold only
  base::Millis duration = kNotGiven;  // hold only
  std::string until;                  // hold only
  std::string only;                   // hold only: names of processes, comma-separated; empty: everything
};
void DefineHold(CommandSetup& setup, HoldOptions& options);
void DefineUnhold(CommandSetup& setup, HoldOptions& options);
[[nodiscard]] int RunHold(const HoldOptions& options, Console& console);
[[nodiscard]] int RunUnhold(const HoldOptions& options, Console& console);

}  // namespace kadende::cli
