// `kadende schema`: JSON Schema of the configuration language, or its reference as Markdown.
#pragma once

#include "cli/command.h"

namespace kadende::cli {

struct SchemaOptions {
  bool reference = false;
};
void DefineSchema(CommandSetup& setup, SchemaOptions& options);
[[nodiscard]] int RunSchema(const SchemaOptions& options, Console& console);

}  // namespace kadende::cli
