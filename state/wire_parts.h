// What several records have in them, in the alphabet of wire.h.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "engine/model/record.h"
#include "state/wire.h"

namespace kadende::state {

inline void PutStrings(WireWriter& wire, const std::map<std::string, std::string>& strings) {
  wire.Varint(strings.size());
  for (const auto& [key, value] : strings) {
    wire.Text(key);
    wire.Text(value);
  }
}

inline void GetStrings(WireReader& wire, std::map<std::string, std::string>* strings) {
  strings->clear();
  for (std::size_t left = wire.Count(); left > 0 && wire.ok(); --left) {
    std::string key(wire.Text());
    strings->insert_or_assign(std::move(key), wire.Text());
  }
}

inline void PutProvider(WireWriter& wire, const model::ProviderRef& provider) {
  wire.Text(provider.name);
  wire.Text(provider.version);
  wire.Text(provider.url);
}

inline void GetProvider(WireReader& wire, model::ProviderRef* provider) {
  provider->name = wire.Text();
  provider->version = wire.Text();
  provider->url = wire.Text();
}

}  // namespace kadende::state
