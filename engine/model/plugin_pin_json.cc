#include "engine/model/plugin_pin_json.h"

#include <stdexcept>
#include <utility>

namespace kadende::model {

base::Json PinsToJson(const PluginPins& pins) {
  base::Json json = base::Json::array();
  for (const PluginPin& pin : pins) {
    base::Json hashes = base::Json::object();
    for (const auto& [platform, hash] : pin.hashes) hashes[platform] = base::ToHex(hash);
    json.push_back({{"name", pin.name}, {"version", pin.version}, {"url", pin.url}, {"sha256", std::move(hashes)}});
  }
  return json;
}

PluginPins PinsFromJson(const base::Json& json) {
  PluginPins pins;
  for (const base::Json& entry : json) {
    PluginPin pin{entry.at("name"), entry.at("version"), entry.value("url", std::string()), {}};
    for (const auto& [platform, hex] : entry.at("sha256").items()) {
      const auto hash = base::DigestFromHex(hex.get<std::string>());
      if (!hash) throw std::invalid_argument("the sha256 of plugin " + pin.name + " is not 64 hexadecimal digits");
      pin.hashes[platform] = *hash;
    }
    PutPin(pins, std::move(pin));
  }
  return pins;
}

}  // namespace kadende::model
