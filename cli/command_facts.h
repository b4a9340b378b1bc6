// What the registry says of each command, as data: shell completion and manual pages are made from it, so that they
// cannot differ from what the command line takes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace kadende::cli {

enum class OptionShape : std::uint8_t { kSwitch, kText, kList, kNumber, kDuration };

struct OptionFacts {
  OptionInfo info;
  OptionShape shape = OptionShape::kSwitch;
  std::string default_text;  // empty: none, or not worth a word

  [[nodiscard]] bool positional() const { return !info.names.starts_with('-'); }
  [[nodiscard]] bool repeatable() const { return shape == OptionShape::kList; }
  [[nodiscard]] bool takes_value() const { return shape != OptionShape::kSwitch; }
  [[nodiscard]] std::vector<std::string> Names() const;  // "-q", "--quiet"; empty for a positional
  // What a value is called: "FILE|DIR" of a positional, "DIR" of `--state DIR`.
  [[nodiscard]] const std::string& ValueName() const { return positional() ? info.names : info.placeholder; }
};

struct CommandFacts {
  CommandInfo info;
  std::vector<OptionFacts> options;  // in the order of the help text; positionals in the order of the command line
  std::vector<OptionFacts> common;   // those that every command takes
};

[[nodiscard]] std::vector<CommandFacts> AllCommandFacts();

// First words that hold several commands: "sim", "nodes".
struct Family {
  std::string word;
  std::string summary;
  bool runs = false;  // is a command by itself too
};
[[nodiscard]] std::vector<Family> Families(const std::vector<CommandFacts>& commands);

}  // namespace kadende::cli
