// `kadende provider list` shows the providers of a folder's cluster file and where each stands; `provider verify` reads
// the installed plugins again and holds them against kadende.lock; `provider schema` prints what a provider takes.
#pragma once

#include <string>
#include <vector>

#include "cli/plugin_work.h"

namespace kadende::cli {

struct ProviderListOptions {
  PluginWorkOptions work;
};
void DefineProviderList(CommandSetup& setup, ProviderListOptions& options);
[[nodiscard]] int RunProviderList(const ProviderListOptions& options, Console& console);

struct ProviderVerifyOptions {
  PluginWorkOptions work;
};
void DefineProviderVerify(CommandSetup& setup, ProviderVerifyOptions& options);
[[nodiscard]] int RunProviderVerify(const ProviderVerifyOptions& options, Console& console);

struct ProviderSchemaOptions {
  std::string name;
  PluginWorkOptions work;
};
void DefineProviderSchema(CommandSetup& setup, ProviderSchemaOptions& options);
[[nodiscard]] int RunProviderSchema(const ProviderSchemaOptions& options, Console& console);

}  // namespace kadende::cli
