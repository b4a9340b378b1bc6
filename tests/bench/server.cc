// Ten thousand http servers in one process: answers on one port of every address of 127.0.0.0/8 with 200 and "ok".
//
//   bench_server [PORT]      prints the port that it got, and serves until it is killed
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";

// -1: not possible.
int Listen(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in name = {};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  name.sin_addr.s_addr = htonl(INADDR_ANY);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof name) != 0 || ::listen(fd, 4096) != 0) return -1;
  return fd;
}

void Add(int epoll, int fd) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.fd = fd;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

void Accept(int epoll, int listening) {
  for (;;) {
    const int connection = ::accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (connection < 0) return;
    Add(epoll, connection);
  }
}

// A request of a health check comes in one piece.
void Serve(int connection) {
  std::array<char, 4096> request;
  if (::recv(connection, request.data(), request.size(), 0) > 0) {
    static_cast<void>(!::send(connection, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL));
  }
  ::close(connection);
}

}  // namespace

int main(int argc, char** argv) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int listening = Listen(static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0));
  sockaddr_in name = {};
  socklen_t size = sizeof name;
  if (listening < 0 || ::getsockname(listening, reinterpret_cast<sockaddr*>(&name), &size) != 0) {
    std::perror("bench_server: cannot listen");
    return 1;
  }
  std::printf("%u\n", static_cast<unsigned>(ntohs(name.sin_port)));
  std::fflush(stdout);
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  Add(epoll, listening);
  std::array<epoll_event, 256> events = {};
  for (;;) {
    const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      fd == listening ? Accept(epoll, fd) : Serve(fd);
    }
  }
}
