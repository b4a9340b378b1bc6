// Where a look goes: host names, numeric addresses, and the addresses that no look may go to.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>
#include <string>
#include <string_view>

namespace kadende::providers::probe {

struct Endpoint {
  sockaddr_storage address = {};
  socklen_t length = 0;
};

struct HostPort {
  std::string host;  // without brackets
  std::string port;
};
// "host:port", "10.0.0.1:80", "[::1]:80". nullopt: no port from 1 to 65535, or no host.
[[nodiscard]] std::optional<HostPort> SplitHostPort(std::string_view text);

// nullopt: not a numeric address.
[[nodiscard]] std::optional<Endpoint> NumericEndpoint(const std::string& host, const std::string& port);
// "10.0.0.1", "fe80::1%eth0"
[[nodiscard]] std::string NumericHost(const Endpoint& endpoint);

// Whether it is a metadata service of a cloud, which hands the credentials of this machine to whoever asks from here:
// a check must not be a way to it, whatever a file or a node's reported address says.
[[nodiscard]] bool IsMetadataService(const Endpoint& endpoint);

}  // namespace kadende::providers::probe
