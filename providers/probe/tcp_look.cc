#include "providers/probe/tcp_look.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "providers/probe/socket.h"

namespace kadende::providers::probe {
namespace {

// A connect to a free port of this machine may get that same port as its own, and meets itself (RFC 9293, 3.5:
// simultaneous open): a connection without anybody at the other end.
bool MetItself(int fd) {
  sockaddr_storage own = {};
  sockaddr_storage peer = {};
  socklen_t own_size = sizeof own;
  socklen_t peer_size = sizeof peer;
  return ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &own_size) == 0 &&
         ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &peer_size) == 0 && own_size == peer_size &&
         std::memcmp(&own, &peer, own_size) == 0;
}

}  // namespace

TcpLook::TcpLook(Loop& loop, Resolver& resolver, const model::HealthCheck& check, Finish finish)
    : NetworkLook(loop, resolver, check.timeout, std::move(finish)), address_(check.address) {}

TcpLook::~TcpLook() {
  LeaveAddress();
}

void TcpLook::Begin() {
  const auto target = SplitHostPort(address_);
  if (!target) {
    return Finished({model::Finding::kUnknown, Shorten("the address \"" + address_ + "\" is no host:port")});
  }
  Connect(target->host, target->port);
}

void TcpLook::TryAddress(const Endpoint& endpoint) {
  socket_ = OpenSocket(endpoint.address.ss_family);
  if (socket_ < 0) {
    const int error = errno;
    const Outcome outcome = ConnectionFailed(error);
    // A kind of address that this machine does not have; of anything else there will be no more for the next address.
    if (error == EAFNOSUPPORT) return AddressFailed(outcome);
    return Finished(outcome);
  }
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&endpoint.address), endpoint.length) == 0 ||
      errno == EINPROGRESS) {
    if (loop().Watch(socket_, EPOLLOUT, this)) return;
  }
  const Outcome outcome = ConnectionFailed(errno);
  LeaveAddress();
  AddressFailed(outcome);
}

void TcpLook::LeaveAddress() {
  if (socket_ < 0) return;
  loop().Forget(socket_);
  ::close(socket_);
  socket_ = -1;
}

void TcpLook::Ready(int fd, std::uint32_t /*events*/) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error == 0 && MetItself(fd)) error = ECONNREFUSED;
  LeaveAddress();
  if (error != 0) return AddressFailed(ConnectionFailed(error));
  Finished({model::Finding::kPass, "connected"});
}

}  // namespace kadende::providers::probe
