// `kadende fmt`: the file in canonical layout, on stdout, in place, or only compared.
#pragma once

#include <string>

#include "cli/command.h"

namespace kadende::cli {

struct FmtOptions {
  std::string path;
  bool check = false;
  bool write = false;
};
void DefineFmt(CommandSetup& setup, FmtOptions& options);
[[nodiscard]] int RunFmt(const FmtOptions& options, Console& console);

}  // namespace kadende::cli
