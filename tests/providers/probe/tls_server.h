// A server with TLS, on 127.0.0.1.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace kadende::tests {

// `openssl s_server` with a certificate that it signed itself, for the address 127.0.0.1.
class TlsServer {
 public:
  // `arguments`: more of s_server's.
  explicit TlsServer(const std::string& arguments = "") {
    std::string name = std::filesystem::temp_directory_path() / "kadende-probe.XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
    const std::string make =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout " + folder_ +
        "/key.pem -out " + certificate() + " -subj /CN=node -addext subjectAltName=IP:127.0.0.1 2>" + folder_ + "/log";
    REQUIRE(std::system(make.c_str()) == 0);
    Start(arguments);
  }
  ~TlsServer() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    std::filesystem::remove_all(folder_);
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  [[nodiscard]] std::string certificate() const { return folder_ + "/cert.pem"; }
  [[nodiscard]] std::string key() const { return folder_ + "/key.pem"; }
  [[nodiscard]] std::string url(const std::string& host = "127.0.0.1") const {
    return "https://" + host + ":" + port_ + "/";
  }

 private:
  void Start(const std::string& arguments) {
    std::array<int, 2> ends = {-1, -1};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const std::string script = "CERT=" + certificate() + "; exec openssl s_server -accept 127.0.0.1:0 -www -cert " +
                               certificate() + " -key " + key() + " " + arguments + " 2>&1";
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::dup2(ends[1], 1);
      ::execl("/bin/sh", "sh", "-c", script.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    port_ = PortIn(ends[0]);
    ::close(ends[0]);
    REQUIRE(!port_.empty());
  }

  // "ACCEPT 127.0.0.1:4433"; the end of the output where it could not begin.
  static std::string PortIn(int output) {
    std::string text;
    std::array<char, 256> part = {};
    for (;;) {
      const ssize_t count = ::read(output, part.data(), part.size());
      if (count <= 0) return {};
      text.append(part.data(), static_cast<std::size_t>(count));
      const std::size_t accept = text.find("ACCEPT 127.0.0.1:");
      const std::size_t end = text.find('\n', accept);
      if (accept != std::string::npos && end != std::string::npos) return text.substr(accept + 17, end - accept - 17);
    }
  }

  std::string folder_;
  std::string port_;
  pid_t pid_ = 0;
};

}  // namespace kadende::tests
