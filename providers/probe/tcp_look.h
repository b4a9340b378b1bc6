// Whether a connection is accepted. Nothing is sent, and nothing is read.
#pragma once

#include <cstdint>
#include <string>

#include "engine/model/health_check.h"
#include "providers/probe/look.h"

namespace kadende::providers::probe {

class TcpLook : public NetworkLook, private FdHandler {
 public:
  TcpLook(Loop& loop, Resolver& resolver, const model::HealthCheck& check, Finish finish);
  ~TcpLook() override;
  TcpLook(const TcpLook&) = delete;
  TcpLook& operator=(const TcpLook&) = delete;

  void Begin() override;

 private:
  void TryAddress(const Endpoint& endpoint) override;
  void LeaveAddress() override;
  void Ready(int fd, std::uint32_t events) override;

  const std::string address_;
  int socket_ = -1;
};

}  // namespace kadende::providers::probe
