#include "providers/probe/address.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>

#include "engine/base/text.h"

namespace kadende::providers::probe {
namespace {

struct AddressFree {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

// AWS, GCP, Azure, OpenStack, DigitalOcean; AWS containers and pods; Alibaba; Azure's own channel.
constexpr std::array kMetadata4 = {"169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200",
                                   "168.63.129.16"};
// AWS, AWS pods, GCP
constexpr std::array kMetadata6 = {"fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254"};

bool IsOneOf4(const in_addr& address) {
  for (const char* text : kMetadata4) {
    in_addr known = {};
    if (::inet_pton(AF_INET, text, &known) == 1 && known.s_addr == address.s_addr) return true;
  }
  return false;
}

bool IsOneOf6(const in6_addr& address) {
  for (const char* text : kMetadata6) {
    in6_addr known = {};
    if (::inet_pton(AF_INET6, text, &known) == 1 && std::memcmp(&known, &address, sizeof known) == 0) return true;
  }
  return false;
}

// IPv4 in IPv6 clothes: ::ffff:a.b.c.d (mapped), ::a.b.c.d (compatible), 64:ff9b::a.b.c.d (NAT64).
std::optional<in_addr> Embedded4(const in6_addr& address) {
  static constexpr std::array<std::uint8_t, 12> kNat64 = {0x00, 0x64, 0xFF, 0x9B};
  const bool embedded = IN6_IS_ADDR_V4MAPPED(&address) || IN6_IS_ADDR_V4COMPAT(&address) ||
                        std::memcmp(&address, kNat64.data(), kNat64.size()) == 0;
  if (!embedded) return std::nullopt;
  in_addr inner = {};
  std::memcpy(&inner, reinterpret_cast<const char*>(&address) + 12, sizeof inner);
  return inner;
}

}  // namespace

std::optional<HostPort> SplitHostPort(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const auto number = base::ParseInt(port);
  if (!number || *number < 1 || *number > 65535) return std::nullopt;
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;  // an IPv6 address without brackets: where it ends is a guess
  }
  if (host.empty() || host.find('\0') != std::string_view::npos) return std::nullopt;
  return HostPort{std::string(host), std::to_string(*number)};
}

std::optional<Endpoint> NumericEndpoint(const std::string& host, const std::string& port) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &list) != 0) return std::nullopt;
  const std::unique_ptr<addrinfo, AddressFree> owned(list);
  Endpoint endpoint;
  endpoint.length = list->ai_addrlen;
  std::memcpy(&endpoint.address, list->ai_addr, list->ai_addrlen);
  return endpoint;
}

std::string NumericHost(const Endpoint& endpoint) {
  std::array<char, NI_MAXHOST> host = {};
  const int error = ::getnameinfo(reinterpret_cast<const sockaddr*>(&endpoint.address), endpoint.length, host.data(),
                                  host.size(), nullptr, 0, NI_NUMERICHOST);
  return error == 0 ? std::string(host.data()) : std::string();
}

bool IsMetadataService(const Endpoint& endpoint) {
  if (endpoint.address.ss_family == AF_INET) {
    return IsOneOf4(reinterpret_cast<const sockaddr_in&>(endpoint.address).sin_addr);
  }
  if (endpoint.address.ss_family != AF_INET6) return false;
  const in6_addr& address = reinterpret_cast<const sockaddr_in6&>(endpoint.address).sin6_addr;
  const auto inner = Embedded4(address);
  return inner ? IsOneOf4(*inner) : IsOneOf6(address);
}

}  // namespace kadende::providers::probe
