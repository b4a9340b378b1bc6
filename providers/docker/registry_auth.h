// Who pulls an image: what the properties say, else docker's own configuration on this machine.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "providers/docker/endpoint.h"
#include "providers/docker/properties.h"

namespace kadende::providers::docker {

// "docker.io" of "nginx:1.27", "registry.example:5000" of "registry.example:5000/team/app".
[[nodiscard]] std::string RegistryOf(std::string_view image);

// The value of the header X-Registry-Auth; empty: nobody in particular. Reads $DOCKER_CONFIG/config.json, else
// ~/.docker/config.json: the entry of this registry alone. Programs that docker would ask
// (credsStore, credHelpers) are not run.
[[nodiscard]] base::Result<std::string> RegistryAuth(const Properties& properties, const Environment& environment);

}  // namespace kadende::providers::docker
