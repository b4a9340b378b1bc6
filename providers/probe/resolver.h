// Host names to addresses without holding up the loop.
//
// Nothing is kept: an address that changed is seen at the next look. What is looked up is in the system's hands
// (/etc/hosts, its cache, its name servers).
#pragma once

#include <string>
#include <vector>

#include "providers/probe/address.h"
#include "providers/probe/blocking_calls.h"

namespace kadende::providers::probe {

struct HostAndPort {
  std::string host;
  std::string port;
};

struct Resolved {
  std::vector<Endpoint> endpoints;  // in the system's order of preference, at most four; empty: `error` says why
  std::string error;
};

using Resolver = BlockingCalls<HostAndPort, Resolved>;

[[nodiscard]] BlockingKind<HostAndPort, Resolved> Resolving();

}  // namespace kadende::providers::probe
