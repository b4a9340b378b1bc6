// Secrets as a machine gives them: variables of the environment, and files.
#pragma once

#include <string>
#include <string_view>

#include "engine/ports/secret_source.h"

namespace kadende::cli {

class EnvironmentSecrets : public ports::SecretSource {
 public:
  // `directory`: of the configuration, where relative paths start. Before the first value is read the process stops
  // being dumpable: no core file of it is written, and only root can look into it. What it starts is not affected.
  explicit EnvironmentSecrets(std::string directory);

  // secret.env.NAME: the variable as it is. secret.file.PATH: a regular file of at most 64 KiB, without one line end at
  // its end. Neither may be empty, nor be anything but UTF-8.
  [[nodiscard]] base::Result<base::SecretText> Read(std::string_view name) override;

  // KADENDE_STATE_KEY.
  [[nodiscard]] std::string_view MarkKey() const override { return key_.view(); }

 private:
  [[nodiscard]] static base::Result<base::SecretText> ReadVariable(const std::string& name);
  [[nodiscard]] base::Result<base::SecretText> ReadFile(std::string_view path) const;

  const std::string directory_;
  base::SecretText key_;
};

}  // namespace kadende::cli
