// Manual pages out of the registry: kadende(1), and one page per command as git has them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command_facts.h"

namespace kadende::cli {

struct ManPage {
  std::string file;  // "kadende-nodes-logs.1"
  std::string text;  // roff, man macros
};

// Same registry and version, same bytes: pages carry no date.
[[nodiscard]] std::vector<ManPage> ManPages(const std::vector<CommandFacts>& commands, std::string_view version);

}  // namespace kadende::cli
