// What a plugin says about itself in its answer to `initialize`.
#pragma once

#include <string>
#include <vector>

#include "engine/base/json.h"
#include "engine/base/result.h"
#include "engine/model/manifest.h"

namespace kadende::providers::plugin {

struct PluginManifest {
  model::Manifest manifest;
  // Variables that the plugin wants from the environment of its host, where they are set there.
  std::vector<std::string> environment;
  std::string text;  // canonical: a plugin that is started again must say the same
};

// kInvalid: another protocol version, or not a manifest; the message names the member.
[[nodiscard]] base::Result<PluginManifest> ParseInitializeAnswer(const base::Json& result);

}  // namespace kadende::providers::plugin
