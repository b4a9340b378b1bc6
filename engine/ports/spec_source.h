// Where a cluster's specification comes from: a file now, a git branch later.
#pragma once

#include <string>

#include "engine/base/diagnostics.h"
#include "engine/base/result.h"
#include "engine/model/spec.h"

namespace kadende::ports {

struct SpecResult {
  model::ClusterSpec spec;        // meaningful without errors in `diagnostics`
  base::Diagnostics diagnostics;  // warnings too
};

class SpecSource {
 public:
  virtual ~SpecSource() = default;
  // An Error: the source could not be read at all (no such file, no permission).
  [[nodiscard]] virtual base::Result<SpecResult> Read() = 0;
  [[nodiscard]] virtual std::string Describe() const = 0;  // "cluster.yml"
};

}  // namespace kadende::ports
