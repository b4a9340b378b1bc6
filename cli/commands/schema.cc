#include "cli/commands/schema.h"

#include "lang/schema.h"

namespace kadende::cli {

void DefineSchema(CommandSetup& setup, SchemaOptions& options) {
  setup.Add({"--reference", "", "The reference of all keys as Markdown instead", {}, false}, &options.reference);
}

int RunSchema(const SchemaOptions& options, Console& console) {
  console.Out(options.reference ? lang::ReferenceText() : lang::JsonSchema());
  return kExitOk;
}

}  // namespace kadende::cli
