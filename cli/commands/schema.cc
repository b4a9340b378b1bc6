#include "cli/commands/schema.h"

#include "engine/base/text.h"
#include "lang/schema.h"

namespace kadende::cli {

void DefineSchema(CommandSetup& setup, SchemaOptions& options) {
  setup.Add({"--reference", "", "The reference of all keys as Markdown instead", {}, false}, &options.reference);
}

int RunSchema(const SchemaOptions& options, Console& console) {
  if (options.reference && console.common().json) {
    console.Out("{\"type\":\"reference\",\"format\":\"markdown\",\"text\":" + base::QuoteJson(lang::ReferenceText()) +
                "}\n");
    return kExitOk;
  }
  console.Out(options.reference ? lang::ReferenceText() : lang::JsonSchema());
  return kExitOk;
}

}  // namespace kadende::cli
