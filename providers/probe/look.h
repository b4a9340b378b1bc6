// One look under way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "providers/probe/evidence.h"
#include "providers/probe/loop.h"
#include "providers/probe/resolver.h"

namespace kadende::providers::probe {

// All of it runs in the loop's thread. Destroying a look ends it, and gives back what it holds.
class Look {
 public:
  // To be called once; the look is destroyed soon after, never from within.
  using Finish = std::function<void(Outcome)>;

  virtual ~Look() = default;
  virtual void Begin() = 0;  // may finish at once
  // What it means that the look's time is over.
  [[nodiscard]] virtual Outcome Expire() = 0;
};

// For what rings when a look's time is over: where the loop itself comes so late that it could not have heard an answer
// in time (a process that was stopped, a machine that starves it), nothing is known of the node.
[[nodiscard]] std::optional<Outcome> HeldUp(Clock::time_point due);

// What looks over the network share: the name is looked up, then each of its addresses is tried until one takes the
// connection, each for its part of the time.
class NetworkLook : public Look {
 public:
  NetworkLook(Loop& loop, Resolver& resolver, base::Millis timeout, Finish finish);
  ~NetworkLook() override;
  NetworkLook(const NetworkLook&) = delete;
  NetworkLook& operator=(const NetworkLook&) = delete;

  [[nodiscard]] Outcome Expire() override;

 protected:
  // Leads to TryAddress, or to a finish.
  void Connect(const std::string& host, const std::string& port);
  // The present address did not take the connection: the next one is tried, or the look is finished.
  void AddressFailed(Outcome failure);
  // The connection stands: no other address is tried any more.
  void Connected();
  void Finished(Outcome outcome);

  // Begins to connect; ends in Connected, AddressFailed or Finished.
  virtual void TryAddress(const Endpoint& endpoint) = 0;
  // Gives up connecting to the present address.
  virtual void LeaveAddress() = 0;

  [[nodiscard]] Loop& loop() { return loop_; }

 private:
  void Found(const Resolved& resolved);
  void TryNext();

  Loop& loop_;
  Resolver& resolver_;
  const base::Millis timeout_;
  const Finish finish_;
  std::string host_;
  std::uint64_t question_ = 0;  // 0: the name is not being looked up
  std::vector<Endpoint> endpoints_;
  std::size_t next_ = 0;
  Clock::time_point deadline_;
  Loop::TimerId timer_ = Loop::kNoTimer;  // the end of the present address's part
  Outcome failure_;                       // the most telling one so far
};

}  // namespace kadende::providers::probe
