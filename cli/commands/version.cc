#include "cli/commands/version.h"

#include "engine/base/text.h"
#include "engine/model/plan_json.h"

namespace kadende::cli {

void DefineVersion(CommandSetup& /*setup*/, VersionOptions& /*options*/) {}

int RunVersion(const VersionOptions& /*options*/, Console& console) {
  if (console.common().json) {
    console.Out("{\"version\":" + base::QuoteJson(KADENDE_VERSION) +
                ",\"saved_plan_format\":" + std::to_string(model::kSavedPlanFormat) + "}\n");
  } else {
    console.Out("kadende " KADENDE_VERSION "\n");
  }
  return kExitOk;
}

}  // namespace kadende::cli
