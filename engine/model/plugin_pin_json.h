// Pins of plugins as JSON: in plans and in meta.json of the history. For .cc files that have the JSON library anyway.
#pragma once

#include "engine/base/json.h"
#include "engine/model/plugin_pin.h"

namespace kadende::model {

// [{"name":..,"version":..,"url":..,"sha256":{"linux_amd64":"<hex>"}}], by name.
[[nodiscard]] base::Json PinsToJson(const PluginPins& pins);
// Throws what the JSON library throws, and std::invalid_argument.
[[nodiscard]] PluginPins PinsFromJson(const base::Json& json);

}  // namespace kadende::model
