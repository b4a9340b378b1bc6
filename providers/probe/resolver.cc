#include "providers/probe/resolver.h"

#include <netdb.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace kadende::providers::probe {
namespace {

constexpr std::size_t kMostEndpoints = 4;

Resolved LookUp(const HostAndPort& question) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(question.host.c_str(), question.port.c_str(), &hints, &list);
  Resolved resolved;
  if (error != 0) {
    resolved.error = error == EAI_SYSTEM ? std::system_category().message(errno) : ::gai_strerror(error);
    return resolved;
  }
  for (const addrinfo* entry = list; entry != nullptr && resolved.endpoints.size() < kMostEndpoints;
       entry = entry->ai_next) {
    if (entry->ai_addrlen > sizeof(sockaddr_storage)) continue;
    Endpoint& endpoint = resolved.endpoints.emplace_back();
    endpoint.length = entry->ai_addrlen;
    std::memcpy(&endpoint.address, entry->ai_addr, entry->ai_addrlen);
  }
  ::freeaddrinfo(list);
  if (resolved.endpoints.empty()) resolved.error = "no address";
  return resolved;
}

}  // namespace

BlockingKind<HostAndPort, Resolved> Resolving() {
  return {LookUp, {{}, "no thread left to look the name up with"}, nullptr, nullptr};
}

}  // namespace kadende::providers::probe
