// The engine that tests/support/podman.sh started, as it is without the provider.
#pragma once

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace kadende::tests {

inline constexpr const char* kImage = "localhost/kadende-test:1";

// What a command prints; it must succeed.
inline std::string Shell(const std::string& command) {
  INFO(command);
  FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  std::array<char, 4096> part = {};
  for (std::size_t count = 0; (count = std::fread(part.data(), 1, part.size(), pipe)) > 0;) {
    output.append(part.data(), count);
  }
  const int status = ::pclose(pipe);
  INFO(output);
  REQUIRE(status == 0);
  while (output.ends_with('\n')) output.pop_back();
  return output;
}

inline std::string Podman(const std::string& arguments) {
  return Shell("podman --remote " + arguments + " 2>&1");
}

inline std::string Engine() {
  const char* host = std::getenv("DOCKER_HOST");
  if (host == nullptr) FAIL("run it by tests/support/podman.sh");
  return host;
}

}  // namespace kadende::tests
