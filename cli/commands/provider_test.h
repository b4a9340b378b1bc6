// `kadende provider test`: does a plugin keep what every provider must?
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace kadende::cli {

struct ProviderTestOptions {
  std::vector<std::string> command;
  std::string properties;  // JSON object; empty: the first of the schema's `examples`
  std::string changed;     // the same with mutable properties changed; empty: the second of them
  std::string directory;   // where the plugin runs; empty: a new folder, removed at the end
  std::string junit;       // file to write
  std::string only;        // part of a promise; empty: all
  std::uint32_t many = 40;
  base::Millis timeout = std::chrono::seconds(60);
};

void DefineProviderTest(CommandSetup& setup, ProviderTestOptions& options);
[[nodiscard]] int RunProviderTest(const ProviderTestOptions& options, Console& console);

}  // namespace kadende::cli
