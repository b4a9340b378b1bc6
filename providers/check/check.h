// What every provider must do, as a check that runs against any: `kadende provider test`. It finds what breaks promises
// of kadende (lost or doubled instances, tags that do not come back, a listing that lies), and says so to the author.
//
// Everything that it makes has a lineage of its own, and nothing else is touched: it may run in an account in use.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/ports/exec.h"
#include "engine/ports/logs.h"
#include "engine/ports/plan_update.h"
#include "engine/ports/provider.h"

namespace kadende::providers::check {

// Optional abilities of a provider object, or null.
struct Abilities {
  ports::Logs* logs = nullptr;
  ports::Exec* exec = nullptr;
  ports::PlanUpdate* plan_update = nullptr;
};

struct Target {
  // Another provider object over the same place; several live at once.
  std::function<base::Result<std::unique_ptr<ports::Provider>>()> make;
  // Canonical JSON objects. Properties that are good for any number of creates, and the same with mutable ones changed
  // (empty: none are known).
  std::string properties = "{}";
  std::string changed_properties;
  std::function<Abilities(ports::Provider&)> abilities;  // of an object that `make` has given; empty: none
  // Ends what answers the calls of the last provider object that was made, as a crash would; the next call finds it
  // running again. Empty: there is nothing to end.
  std::function<bool()> crash;
};

struct CheckOptions {
  std::chrono::milliseconds timeout = std::chrono::seconds(60);   // of each call
  std::chrono::milliseconds patience = std::chrono::seconds(20);  // for a listing that is eventual
  std::uint32_t many = 40;                                        // instances of a situation with many
  std::string only;                                               // situations whose sentence has this; empty: all
  std::stop_token stop;                                           // what is left then is skipped
};

enum class Outcome : std::uint8_t { kPassed, kFailed, kSkipped };

struct Finding {
  std::string situation;
  Outcome outcome = Outcome::kPassed;
  std::string message;  // what was expected and what came, or why it was skipped; may hold foreign text
  std::chrono::milliseconds took{};
};

// Runs every situation in a fixed order and tells each finding as it comes.
[[nodiscard]] std::vector<Finding> Check(const Target& target, const CheckOptions& options,
                                         const std::function<void(const Finding&)>& tell);

}  // namespace kadende::providers::check
