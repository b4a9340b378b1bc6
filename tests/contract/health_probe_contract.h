// What every ports::HealthProbe must do. Add health_probe_contract.cc to the sources of the test.
#pragma once

#include <memory>

#include "engine/ports/health_probe.h"

namespace kadende::tests {

// A world in which one node is well, one is ill, one cannot be judged, and one never answers.
class HealthProbeFixture {
 public:
  virtual ~HealthProbeFixture() = default;
  [[nodiscard]] virtual std::unique_ptr<ports::HealthProbe> Make() = 0;
  [[nodiscard]] virtual ports::ProbeRequest Passing() = 0;
  [[nodiscard]] virtual ports::ProbeRequest Failing() = 0;
  [[nodiscard]] virtual ports::ProbeRequest Unknowable() = 0;
  [[nodiscard]] virtual ports::ProbeRequest Hanging() = 0;  // longer than the suite takes
  // Called again and again while the suite waits: for a probe that has no thread of its own.
  virtual void Turn(ports::HealthProbe& /*probe*/) {}
};

// Each situation is a SECTION with a probe of its own.
void CheckHealthProbeContract(HealthProbeFixture& fixture);

}  // namespace kadende::tests
