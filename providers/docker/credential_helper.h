// The programs `docker-credential-NAME` that docker asks for a registry's password. They are run when a container is
// made, never while planning.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "engine/base/result.h"

namespace kadende::providers::docker {

struct RegistryLogin {
  std::string user;  // "<token>": the secret is an identity token
  std::string secret;
};

// nullopt: the helper knows none for `registry`. Errors: it is not there, fails otherwise, or takes longer than
// `limit`.
[[nodiscard]] base::Result<std::optional<RegistryLogin>> AskHelper(
    const std::string& name, const std::string& registry, std::chrono::milliseconds limit = std::chrono::seconds(20));

}  // namespace kadende::providers::docker
