// Nodes as containers of a Docker or Podman engine: the `docker` provider.
#pragma once

#include <memory>

#include "engine/ports/exec.h"
#include "engine/ports/logs.h"
#include "engine/ports/provider.h"
#include "providers/docker/endpoint.h"

namespace kadende::providers {

struct DockerOptions {
  // DOCKER_HOST, DOCKER_CONFIG and their like; empty: of the process.
  docker::Environment environment = {};
};

struct DockerProvider {
  std::unique_ptr<ports::Provider> provider;
  ports::Logs* logs = nullptr;  // owned by `provider`, as the next
  ports::Exec* exec = nullptr;
};

[[nodiscard]] DockerProvider MakeDockerProvider(DockerOptions options = {});

}  // namespace kadende::providers
