// `resourceProperties` of the docker provider: their JSON Schema, their validation, and their typed form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/diagnostics.h"
#include "engine/base/result.h"
#include "engine/base/time.h"

namespace kadende::providers::docker {

using Texts = std::vector<std::pair<std::string, std::string>>;  // sorted by name

struct File {
  std::string path;  // absolute, in the container
  std::string content;
  std::uint32_t mode = 0644;
};

struct FixedPort {
  std::string host_ip;  // empty: every address
  std::uint16_t host_port = 0;
  std::string port;  // "80/tcp"
};

enum class Pull : std::uint8_t { kMissing, kAlways, kNever };

struct HealthCommand {
  std::vector<std::string> command;
  base::Millis interval{std::chrono::seconds(10)};
  base::Millis timeout{std::chrono::seconds(5)};
  base::Millis start_period{0};
  std::uint32_t retries = 3;
};

struct Resources {
  std::int64_t nano_cpus = 0;  // billionths; 0: no limit
  std::int64_t memory = 0;     // bytes; 0: no limit
  bool operator==(const Resources&) const = default;
};

struct Properties {
  std::string host;  // empty: of the environment
  std::string image;
  std::optional<std::vector<std::string>> command;
  std::optional<std::vector<std::string>> entrypoint;
  Texts env;
  std::vector<std::string> ports;  // "80/tcp", published at a port that the engine picks
  std::vector<FixedPort> host_ports;
  std::vector<std::string> networks;  // empty: the engine's own
  std::vector<std::string> volumes;   // "name:/data:ro"
  Resources resources;
  Texts labels;
  std::string restart = "no";  // "no", "on-failure", "on-failure:3", "always", "unless-stopped"
  std::string user;
  std::string working_directory;
  std::vector<File> files;
  Pull pull = Pull::kMissing;
  std::string registry_user;
  std::string registry_password;
  std::optional<HealthCommand> health;
  std::string stop_signal;  // empty: the image's
  std::optional<base::Millis> stop_timeout;
  bool init = false;
};

[[nodiscard]] const std::string& PropertySchema();

// As ports::Provider::Validate.
[[nodiscard]] base::Diagnostics ValidateProperties(std::string_view properties);

// kInvalid with the first diagnostic where Validate finds an error.
[[nodiscard]] base::Result<Properties> ParseProperties(std::string_view properties);

// The property `host` of a scope configuration; kInvalid where there is anything else in it.
[[nodiscard]] base::Result<std::string> HostOfScope(std::string_view scope_config);

}  // namespace kadende::providers::docker
