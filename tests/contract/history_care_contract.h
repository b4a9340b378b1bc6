// What every ports::HistoryCare must do. Each situation is a SECTION and gets a fresh, empty history.
//
// Add history_care_contract.cc and history_contract.cc (its samples) to the sources of the test.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/ports/history_care.h"

namespace kadende::tests {

class HistoryCareFixture {
 public:
  virtual ~HistoryCareFixture() = default;
  [[nodiscard]] virtual ports::History& History() = 0;
  [[nodiscard]] virtual ports::HistoryCare& Care() = 0;  // over what History has published
  // A version on top of the tip that says `serial`.
  virtual void ForgeSerial(std::uint64_t serial) = 0;
  // One in whose tree slot web[200], of incarnation 4, has incarnation 3.
  virtual void ForgeFall() = 0;
  // The version's commit is gone, the branch is not.
  virtual void Lose(const std::string& commit) = 0;
};
using HistoryCareFixtureFactory = std::function<std::unique_ptr<HistoryCareFixture>()>;

void CheckHistoryCareContract(const HistoryCareFixtureFactory& make_fixture);

}  // namespace kadende::tests
