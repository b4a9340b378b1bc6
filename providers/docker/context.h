// Contexts of the docker program: named engines, in its own configuration.
#pragma once

#include <optional>
#include <string>

#include "engine/base/json.h"
#include "engine/base/result.h"
#include "providers/docker/endpoint.h"

namespace kadende::providers::docker {

// $DOCKER_CONFIG, else ~/.docker.
[[nodiscard]] std::string ConfigFolder(const Environment& environment);
// Its config.json; null: there is none. kInvalid: it cannot be read as one.
[[nodiscard]] base::Result<base::Json> ReadConfig(const Environment& environment);

struct Context {
  std::string name;
  std::string host;    // "tcp://engine:2376"
  std::string folder;  // with ca.pem, cert.pem, key.pem; empty: no TLS
  bool verify = true;
};

// The context that is in use: DOCKER_CONTEXT, else `currentContext` of the configuration. nullopt: none, or `default`.
// kNotFound: there is no such context.
[[nodiscard]] base::Result<std::optional<Context>> ChosenContext(const Environment& environment);

}  // namespace kadende::providers::docker
