// Where an engine listens: from the property `host`, else from the environment, else the usual sockets.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "providers/http/client.h"

namespace kadende::providers::docker {

struct Endpoint {
  std::string display;      // "unix:///run/docker.sock", "tcp://engine:2376"
  std::string unix_socket;  // path; empty: over the network
  std::string base_url;     // without a slash at the end
  std::string host;         // the machine's name or address, as containers in its network have it
  http::Tls tls;
};

// The value of an environment variable; empty: not set.
using Environment = std::function<std::string(const char* name)>;
[[nodiscard]] Environment ProcessEnvironment();

// `host`: unix:///path, tcp://name:port, http:// or https://; empty: DOCKER_HOST, then the context that the docker
// program uses (context.h), then the first of docker's and podman's sockets that is there. Over the network
// DOCKER_CERT_PATH (ca.pem, cert.pem, key.pem) and DOCKER_TLS_VERIFY mean what they mean to docker.
[[nodiscard]] base::Result<Endpoint> FindEndpoint(std::string_view host, const Environment& environment);

// What is wrong with the form of a `host`; empty: nothing.
[[nodiscard]] std::string WhatIsWrongWithHost(std::string_view host);

}  // namespace kadende::providers::docker
