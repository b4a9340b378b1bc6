// The single values of properties, in the forms in which people write them. For properties.cc alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/json_fwd.h"
#include "providers/docker/properties.h"

namespace kadende::providers::docker {

// A text of which a plan does not know the value yet.
[[nodiscard]] bool IsUnknown(const base::Json& value);
// "8080" of a text, a number or a boolean.
[[nodiscard]] std::optional<std::string> Scalar(const base::Json& value);

// "512m", "1GiB", "1.5g", 1048576: bytes, in powers of 1024 as with docker. nullopt: none, or below 6 MiB.
[[nodiscard]] std::optional<std::int64_t> ParseMemory(std::string_view text);
// "0.5", "2": billionths. nullopt: none, or not above zero.
[[nodiscard]] std::optional<std::int64_t> ParseCpus(std::string_view text);
// "80", "80/udp" -> "80/udp".
[[nodiscard]] std::optional<std::string> ParsePort(std::string_view text);
// "8080", "127.0.0.1:8080", "[::1]:8080".
[[nodiscard]] std::optional<FixedPort> ParseHostPort(std::string_view text);
// What is wrong with "name:/data[:ro]" or "/path:/data[:rw]"; empty: nothing.
[[nodiscard]] std::string WhatIsWrongWithVolume(std::string_view text);
[[nodiscard]] bool IsRestart(std::string_view text);
// An absolute path to a file, without `.` and `..`.
[[nodiscard]] bool IsFilePath(std::string_view path);
// The form of a reference: lower-case names, a tag, a digest; what the registry has is not known here.
[[nodiscard]] bool IsImage(std::string_view text);

}  // namespace kadende::providers::docker
