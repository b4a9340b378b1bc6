// Ten thousand http servers in one process: answers on one port of every address of 127.0.0.0/8 with 200 and "ok".
//
//   bench_server [PORT]      prints the port that it got, and serves until it is killed
//
// Lines on stdin steer it: `down 127.0.1.5` hangs up on whoever connects to that address from then on, `up 127.0.1.5`
// answers again. An end of stdin is no end of the server.
#include <arpa/inet.h>
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
#include <string>
#include <string_view>
#include <unordered_set>

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

using Addresses = std::unordered_set<in_addr_t>;

bool IsDown(int connection, const Addresses& down) {
  if (down.empty()) return false;
  sockaddr_in here = {};
  socklen_t size = sizeof here;
  return ::getsockname(connection, reinterpret_cast<sockaddr*>(&here), &size) == 0 &&
         down.contains(here.sin_addr.s_addr);
}

void Accept(int epoll, int listening, const Addresses& down) {
  for (;;) {
    const int connection = ::accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (connection < 0) return;
    if (IsDown(connection, down)) {
      ::close(connection);
    } else {
      Add(epoll, connection);
    }
  }
}

void Obey(const std::string& line, Addresses& down) {
  const std::size_t space = line.find(' ');
  if (space == std::string::npos) return;
  const in_addr_t address = ::inet_addr(line.c_str() + space + 1);
  if (line.starts_with("down ")) down.insert(address);
  if (line.starts_with("up ")) down.erase(address);
}

// What was written to stdin since. False: it ended.
bool HearOrders(std::string& pending, Addresses& down) {
  std::array<char, 4096> bytes;
  const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
  if (count <= 0) return false;
  pending.append(bytes.data(), static_cast<std::size_t>(count));
  for (std::size_t end = 0; (end = pending.find('\n')) != std::string::npos; pending.erase(0, end + 1)) {
    Obey(pending.substr(0, end), down);
  }
  return true;
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
  Add(epoll, STDIN_FILENO);  // not possible, and not needed, where it is a file
  Addresses down;
  std::string pending;
  std::array<epoll_event, 256> events = {};
  for (;;) {
    const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listening) {
        Accept(epoll, fd, down);
      } else if (fd != STDIN_FILENO) {
        Serve(fd);
      } else if (!HearOrders(pending, down)) {
        ::epoll_ctl(epoll, EPOLL_CTL_DEL, fd, nullptr);
      }
    }
  }
}
