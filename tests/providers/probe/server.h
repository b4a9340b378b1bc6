// Servers that behave well or badly, on 127.0.0.1.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace kadende::tests {

// A socket that listens and is never accepted from, until somebody does.
class Listener {
 public:
  explicit Listener(int backlog = 128);
  ~Listener() { Close(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void Close();  // now its port refuses
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::string url(std::string_view path = "/") const { return "http://" + address() + std::string(path); }

 private:
  int fd_ = -1;
  std::uint16_t port_ = 0;
};

// What a server does with a connection; it is closed afterwards.
using Behaviour = std::function<void(int connection)>;

// Serves one connection after the other in a thread.
class Server {
 public:
  explicit Server(Behaviour behaviour);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::string address() const { return listener_.address(); }
  [[nodiscard]] std::string url(std::string_view path = "/") const { return listener_.url(path); }
  [[nodiscard]] std::uint16_t port() const { return listener_.port(); }

 private:
  struct State;
  Listener listener_;
  std::unique_ptr<State> state_;
};

// Reads a request's head.
std::string ReadHead(int connection);
// False: the other side has gone.
bool Send(int connection, std::string_view text);
[[nodiscard]] std::string Response(int status, std::string_view body);
// Reads the head, and sends this.
[[nodiscard]] Behaviour Answering(std::string text);
// Waits until the other side has gone.
void WaitForEnd(int connection);

// A process of its own that answers every request with 200, so that it can be stopped.
class ServerProcess {
 public:
  ServerProcess();
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  [[nodiscard]] std::string address() const { return listener_.address(); }
  [[nodiscard]] std::string url() const { return listener_.url(); }
  void Signal(int signal) const;  // SIGSTOP: returns when it has stopped

 private:
  Listener listener_;
  pid_t pid_ = 0;
};

}  // namespace kadende::tests
