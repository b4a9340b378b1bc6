// What a shim is to start: the `spec` file of a node's folder.
//
// Text: fields that end with NUL, each with a letter in front. Arguments and values may hold any other byte, so no
// quoting is needed on either side.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kadende::providers::shim {

enum class Restart : std::uint8_t { kNever, kOnFailure, kAlways };

struct Spec {
  std::string token;                  // t
  std::string program;                // p: absolute path
  std::vector<std::string> args;      // a: argv[1..]
  std::string name;                   // n: argv[0]
  std::vector<std::string> env;       // e: KEY=VALUE, complete
  std::string directory;              // d: absolute working directory
  int stop_signal = 15;               // s: when the shim itself gets SIGTERM; an order carries its own
  std::int64_t stop_timeout = 0;      // k: milliseconds until SIGKILL
  Restart restart = Restart::kNever;  // r
  std::uint64_t output_bytes = 0;     // o: size at which output.log is rotated
};

[[nodiscard]] std::string EncodeSpec(const Spec& spec);
[[nodiscard]] std::optional<Spec> DecodeSpec(std::string_view text);

}  // namespace kadende::providers::shim
