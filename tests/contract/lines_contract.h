// What every ports::Lines must do. Each situation is a SECTION and gets a fresh, empty repository.
//
// Add lines_contract.cc and history_contract.cc (its samples) to the sources of the test.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/ports/history_care.h"
#include "engine/ports/lines.h"

namespace kadende::tests {

class LinesFixture {
 public:
  virtual ~LinesFixture() = default;
  [[nodiscard]] virtual ports::History& History() = 0;
  [[nodiscard]] virtual ports::Lines& Lines() = 0;  // over the same repository
  [[nodiscard]] virtual ports::HistoryCare& Care() = 0;
  // The next process's objects over the same repository.
  virtual void Restart() = 0;
};
using LinesFixtureFactory = std::function<std::unique_ptr<LinesFixture>()>;

void CheckLinesContract(const LinesFixtureFactory& make_fixture);

}  // namespace kadende::tests
