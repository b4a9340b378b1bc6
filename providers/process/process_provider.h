// Nodes as supervised processes of this machine: the `process` provider. Each node runs under kadende-shim, which
// outlives kadende.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/ports/logs.h"
#include "engine/ports/provider.h"

namespace kadende::providers {

struct ProcessOptions {
  std::string base_directory;             // what a relative workingDirectory is relative to
  std::string shim_path;                  // see CatalogOptions
  std::string registry;                   // see CatalogOptions
  std::uint64_t output_bytes = 10 << 20;  // size at which a node's output.log is rotated; three are kept
};

struct ProcessProvider {
  std::unique_ptr<ports::Provider> provider;
  ports::Logs* logs = nullptr;  // owned by `provider`
};

[[nodiscard]] ProcessProvider MakeProcessProvider(ProcessOptions options);

}  // namespace kadende::providers
