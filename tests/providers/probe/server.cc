#include "tests/providers/probe/server.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <thread>

// A connection that never came about is closed by libcurl itself, which then says that it is not to be watched any
// more: by then the number may be another's, here of a connection that this file's server accepted. To stop watching
// what is not watched is no harm.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "race:kadende::providers::probe::Loop::Forget\n";
}

namespace kadende::tests {

Listener::Listener(int backlog) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  REQUIRE(fd_ >= 0);
  sockaddr_in name = {};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof name;
  REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&name), size) == 0);
  REQUIRE(::listen(fd_, backlog) == 0);
  REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&name), &size) == 0);
  port_ = ntohs(name.sin_port);
}

void Listener::Close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

struct Server::State {
  std::atomic<bool> stop = false;
  std::thread thread;
};

Server::Server(Behaviour behaviour) : state_(std::make_unique<State>()) {
  state_->thread = std::thread([listening = listener_.fd(), &state = *state_, behaviour = std::move(behaviour)] {
    while (!state.stop) {
      pollfd wanted = {listening, POLLIN, 0};
      if (::poll(&wanted, 1, 10) <= 0) continue;
      const int connection = ::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) continue;
      behaviour(connection);
      ::close(connection);
    }
  });
}

Server::~Server() {
  state_->stop = true;
  state_->thread.join();
}

std::string ReadHead(int connection) {
  std::string head;
  std::array<char, 1024> part = {};
  while (head.find("\r\n\r\n") == std::string::npos) {
    const ssize_t count = ::recv(connection, part.data(), part.size(), 0);
    if (count <= 0) break;
    head.append(part.data(), static_cast<std::size_t>(count));
  }
  return head;
}

bool Send(int connection, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

std::string Response(int status, std::string_view body) {
  return "HTTP/1.1 " + std::to_string(status) + " Whatever\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

Behaviour Answering(std::string text) {
  return [text = std::move(text)](int connection) {
    ReadHead(connection);
    Send(connection, text);
  };
}

void WaitForEnd(int connection) {
  std::array<char, 1024> part = {};
  while (::recv(connection, part.data(), part.size(), 0) > 0) {
  }
}

ServerProcess::ServerProcess() {
  static const std::string kAnswer = Response(200, "alive");
  pid_ = ::fork();
  REQUIRE(pid_ >= 0);
  if (pid_ != 0) return;
  // Between fork and exit of a process with threads: system calls alone.
  for (;;) {
    const int connection = ::accept(listener_.fd(), nullptr, nullptr);
    std::array<char, 1024> part;
    if (::recv(connection, part.data(), part.size(), 0) > 0) {
      static_cast<void>(!::send(connection, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL));
    }
    ::close(connection);
  }
}

ServerProcess::~ServerProcess() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void ServerProcess::Signal(int signal) const {
  ::kill(pid_, signal);
  if (signal == SIGSTOP) ::waitpid(pid_, nullptr, WUNTRACED);
}

}  // namespace kadende::tests
