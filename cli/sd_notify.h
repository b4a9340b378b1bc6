// What a long-running command tells the service manager that started it (systemd's notification protocol): that it is
// ready, how it is, that it still turns.
//
// The protocol is one datagram of `NAME=value` lines to the socket in NOTIFY_SOCKET, promised to stay as it is
// (sd_notify(3)). It is spoken here, not through libsystemd: that would be loaded, with what it depends on in turn, at
// each start of every command, and is missing in images that hold nothing but this binary.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/time.h"

namespace kadende::cli {

// Does nothing where nobody listens. Not thread-safe.
class ServiceManager {
 public:
  // Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment, so that no child speaks in our name:
  // make it before other threads read the environment.
  ServiceManager();
  ~ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  void Ready(std::string_view status);  // after the start, and at the end of each reload
  void Reloading();
  void Status(std::string_view status);  // one line; the same line again is not sent
  void Stopping();
  // Says that the caller still turns, where the manager asked for it. Call it from the loop whose standstill would be a
  // failure, at least every BeatEvery(); sends no more often than it must.
  void Beat(base::Millis monotonic);
  // zero: nobody wants to know.
  [[nodiscard]] base::Millis BeatEvery() const { return beat_every_; }

 private:
  bool Send(const std::string& message);  // false: nobody took it within two seconds

  std::string address_;  // as in sockaddr_un; empty: nobody listens
  int socket_ = -1;
  base::Millis beat_every_{0};
  base::Millis next_beat_{0};
  std::string status_;  // last sent
};

}  // namespace kadende::cli
