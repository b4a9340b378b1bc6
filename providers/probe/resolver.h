// Host names to addresses without holding up the loop: getaddrinfo on a few threads, started when first needed.
//
// Nothing is kept: an address that changed is seen at the next look. What is looked up is in the system's hands
// (/etc/hosts, its cache, its name servers).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "providers/probe/address.h"
#include "providers/probe/loop.h"

namespace kadende::providers::probe {

struct Resolved {
  std::vector<Endpoint> endpoints;  // in the system's order of preference, at most four; empty: `error` says why
  std::string error;
};

class Resolver {
 public:
  using Done = std::function<void(Resolved)>;

  explicit Resolver(Loop& loop);
  // Open questions are dropped. Threads that are inside getaddrinfo cannot be interrupted: they are left to finish, and
  // their answers fall on the floor.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // `done` is called from the loop, never from within Ask.
  std::uint64_t Ask(const std::string& host, const std::string& port, Done done);
  void Cancel(std::uint64_t question);  // of one that is answered: nothing

 private:
  struct Shared;
  void StartThread(std::uint64_t for_question);  // with the lock held

  // Shared with the threads, which may have to outlive the resolver.
  const std::shared_ptr<Shared> shared_;
  std::uint64_t next_ = 0;
};

}  // namespace kadende::providers::probe
