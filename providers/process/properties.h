// `resourceProperties` of the process provider: their JSON Schema, their validation, and their typed form.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/diagnostics.h"
#include "engine/base/result.h"
#include "engine/base/time.h"
#include "providers/shim/spec.h"

namespace kadende::providers::process {

struct Properties {
  std::string command;
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> env;    // sorted by name
  std::string working_directory;                           // empty: the node's own folder
  std::vector<std::pair<std::string, std::string>> files;  // sorted by name
  int stop_signal = 15;
  base::Millis stop_timeout = std::chrono::seconds(10);
  shim::Restart restart = shim::Restart::kNever;
};

[[nodiscard]] const std::string& PropertySchema();

// As ports::Provider::Validate.
[[nodiscard]] base::Diagnostics ValidateProperties(std::string_view properties);

// kInvalid with the first diagnostic where Validate finds an error.
[[nodiscard]] base::Result<Properties> ParseProperties(std::string_view properties);

// The properties that only a replacement can change, canonical: equal texts mean that Update may be used.
[[nodiscard]] base::Result<std::string> FixedProperties(std::string_view properties);

// "TERM", "SIGTERM" or "15".
[[nodiscard]] std::optional<int> ParseSignal(std::string_view text);
[[nodiscard]] std::string SignalName(int signal);  // "SIGTERM", or "signal 40"

}  // namespace kadende::providers::process
