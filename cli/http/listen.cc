#include "cli/http/listen.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <system_error>
#include <utility>

#include "engine/base/text.h"

namespace kadende::cli {
namespace {

struct AddressFree {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, AddressFree>;

base::Result<Addresses> LookUp(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  const std::int64_t port = colon == std::string::npos ? -1 : base::ParseInt(address.substr(colon + 1)).value_or(-1);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (port < 0 || port > 65535 || host.empty() || (!bracketed && host.find(':') != std::string::npos)) {
    return base::Fail(
        base::ErrorCode::kInvalid,
        "`" + address + "` is no address to listen on: write ADDRESS:PORT, as 127.0.0.1:8080 or [::1]:8080");
  }
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (error == 0) return Addresses(list);
  return base::Fail(base::ErrorCode::kInvalid, "cannot listen on " + address + ": " + ::gai_strerror(error));
}

std::string NameOf(int fd) {
  sockaddr_storage name = {};
  socklen_t size = sizeof name;
  std::array<char, NI_MAXHOST> host = {};
  std::array<char, NI_MAXSERV> port = {};
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0) return {};
  if (::getnameinfo(reinterpret_cast<sockaddr*>(&name), size, host.data(), host.size(), port.data(), port.size(),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return {};
  }
  const std::string text = host.data();
  return (text.find(':') == std::string::npos ? text : "[" + text + "]") + ":" + port.data();
}

}  // namespace

base::Result<Listening> Listen(const std::string& address) {
  auto list = LookUp(address);
  if (!list) return tl::unexpected(list.error());
  const addrinfo& first = **list;
  const int fd = ::socket(first.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  if (fd >= 0) ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (fd >= 0 && ::bind(fd, first.ai_addr, first.ai_addrlen) == 0 && ::listen(fd, SOMAXCONN) == 0) {
    return Listening{fd, NameOf(fd)};
  }
  const int error = errno;
  if (fd >= 0) ::close(fd);
  const std::string remedy = error == EADDRINUSE ? "; give another port, or 0 for any" : "";
  return base::Fail(base::ErrorCode::kUnavailable,
                    "cannot listen on " + address + ": " + std::system_category().message(error) + remedy);
}

}  // namespace kadende::cli
