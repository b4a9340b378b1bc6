#include "providers/docker/endpoint.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

#include "engine/base/text.h"
#include "providers/docker/context.h"

namespace kadende::providers::docker {
namespace {

constexpr std::string_view kUnix = "unix://";
constexpr std::string_view kTcp = "tcp://";
constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";

bool IsSocket(const std::string& path) {
  struct stat found = {};
  return ::stat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode);
}

Endpoint OnSocket(std::string path) {
  Endpoint endpoint;
  endpoint.display = std::string(kUnix) + path;
  endpoint.unix_socket = std::move(path);
  endpoint.base_url = "http://engine";
  endpoint.host = "127.0.0.1";
  return endpoint;
}

// "engine:2376" -> "engine"; "[::1]:2376" -> "::1".
std::string HostOf(std::string_view address) {
  if (address.starts_with('[')) return std::string(address.substr(1, address.find(']') - 1));
  return std::string(address.substr(0, address.find(':')));
}

Endpoint OnNetwork(std::string_view host, const Environment& environment) {
  const std::size_t scheme_end = host.find("://") + 3;
  const std::string_view scheme = host.substr(0, scheme_end);
  std::string address(host.substr(scheme_end));
  while (address.ends_with('/')) address.pop_back();
  const std::string certificates = environment("DOCKER_CERT_PATH");
  const bool verify = !environment("DOCKER_TLS_VERIFY").empty();
  const bool secure = scheme == kHttps || (scheme == kTcp && (verify || !certificates.empty()));
  Endpoint endpoint;
  endpoint.display = host;
  endpoint.host = HostOf(address);
  if (endpoint.host == address && !address.ends_with(']')) address += secure ? ":2376" : ":2375";
  endpoint.base_url = std::string(secure ? kHttps : kHttp) + address;
  if (!secure) return endpoint;
  endpoint.tls.verify = verify || certificates.empty();
  std::string folder = certificates;
  if (folder.empty() && verify) folder = environment("HOME") + "/.docker";
  if (!folder.empty()) {
    endpoint.tls.authorities = folder + "/ca.pem";
    endpoint.tls.certificate = folder + "/cert.pem";
    endpoint.tls.key = folder + "/key.pem";
  }
  return endpoint;
}

}  // namespace

Environment ProcessEnvironment() {
  return [](const char* name) -> std::string {
    const char* value = ::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing of ours changes the environment
    return value == nullptr ? "" : value;
  };
}

std::string WhatIsWrongWithHost(std::string_view host) {
  if (host.starts_with(kUnix)) {
    return host.substr(kUnix.size()).starts_with('/') ? "" : "names no absolute path: unix:///run/docker.sock";
  }
  if (host.starts_with("ssh://")) {
    return "ssh is not spoken here: forward the socket (`ssh -NL /tmp/docker.sock:/var/run/docker.sock HOST`) and "
           "name unix:///tmp/docker.sock";
  }
  for (const std::string_view scheme : {kTcp, kHttp, kHttps}) {
    if (!host.starts_with(scheme)) continue;
    const std::string_view address = host.substr(scheme.size());
    const bool good = !address.empty() && address.find_first_of("/@?# \t\r\n") >= address.size() - 1;
    return good ? "" : "is no name and port: tcp://engine.example:2376";
  }
  return "is neither unix:///path nor tcp://name:port";
}

// With what is said of TLS in the context, and nowhere else.
base::Result<Endpoint> OfContext(const Context& context) {
  const std::string wrong = WhatIsWrongWithHost(context.host);
  if (!wrong.empty()) {
    return base::Fail(base::ErrorCode::kInvalid, "the docker context `" + base::EscapeTerminal(context.name) +
                                                     "`: " + base::EscapeTerminal(context.host) + " " + wrong);
  }
  if (context.host.starts_with(kUnix)) return OnSocket(context.host.substr(kUnix.size()));
  return OnNetwork(context.host, [&context](const char* name) -> std::string {
    const std::string_view variable(name);
    if (variable == "DOCKER_CERT_PATH") return context.folder;
    return variable == "DOCKER_TLS_VERIFY" && context.verify && !context.folder.empty() ? "1" : "";
  });
}

base::Result<Endpoint> FindEndpoint(std::string_view given, const Environment& environment) {
  std::string host(given);
  std::string from = "host `";
  if (host.empty()) {
    host = environment("DOCKER_HOST");
    from = "DOCKER_HOST `";
  }
  if (!host.empty()) {
    const std::string wrong = WhatIsWrongWithHost(host);
    if (!wrong.empty()) return base::Fail(base::ErrorCode::kInvalid, from + base::EscapeTerminal(host) + "` " + wrong);
    if (host.starts_with(kUnix)) return OnSocket(host.substr(kUnix.size()));
    return OnNetwork(host, environment);
  }
  const auto context = ChosenContext(environment);
  if (!context) return tl::unexpected(context.error());
  if (*context) return OfContext(**context);
  std::vector<std::string> usual = {"/var/run/docker.sock"};
  const std::string runtime = environment("XDG_RUNTIME_DIR");
  if (!runtime.empty()) usual.push_back(runtime + "/docker.sock");
  if (!runtime.empty() && ::geteuid() != 0) usual.push_back(runtime + "/podman/podman.sock");
  usual.emplace_back("/run/podman/podman.sock");
  for (const std::string& path : usual) {
    if (IsSocket(path)) return OnSocket(path);
  }
  return base::Fail(base::ErrorCode::kUnavailable,
                    "no container engine is found: DOCKER_HOST is not set, and there is no socket at " +
                        base::Join(usual, ", ") +
                        ". Start docker, or `podman system service --time=0`, or set DOCKER_HOST");
}

}  // namespace kadende::providers::docker
