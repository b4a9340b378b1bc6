#include "engine/model/plugin_pin.h"

#include <algorithm>
#include <utility>

namespace kadende::model {
namespace {

constexpr auto kBefore = [](const PluginPin& pin, std::string_view name) { return pin.name < name; };

}  // namespace

const PluginPin* FindPin(const PluginPins& pins, std::string_view name) {
  const auto found = std::lower_bound(pins.begin(), pins.end(), name, kBefore);
  return found != pins.end() && found->name == name ? &*found : nullptr;
}

void PutPin(PluginPins& pins, PluginPin pin) {
  const auto place = std::lower_bound(pins.begin(), pins.end(), pin.name, kBefore);
  if (place != pins.end() && place->name == pin.name) {
    *place = std::move(pin);
  } else {
    pins.insert(place, std::move(pin));
  }
}

const base::Digest* HashFor(const PluginPin& pin, std::string_view platform) {
  auto found = pin.hashes.find(std::string(platform));
  if (found == pin.hashes.end()) found = pin.hashes.find(std::string(kAnyPlatform));
  return found == pin.hashes.end() ? nullptr : &found->second;
}

}  // namespace kadende::model
