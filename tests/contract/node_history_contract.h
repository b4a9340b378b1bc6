// What every ports::NodeHistory must do. Each situation is a SECTION and gets a fresh, empty history.
//
// Add node_history_contract.cc and history_contract.cc to the sources of the test.
#pragma once

#include <functional>
#include <memory>

#include "engine/ports/node_history.h"

namespace kadende::tests {

class NodeHistoryFixture {
 public:
  virtual ~NodeHistoryFixture() = default;
  [[nodiscard]] virtual ports::History& History() = 0;
  [[nodiscard]] virtual ports::NodeHistory& Nodes() = 0;  // over what History has published
};
using NodeHistoryFixtureFactory = std::function<std::unique_ptr<NodeHistoryFixture>()>;

void CheckNodeHistoryContract(const NodeHistoryFixtureFactory& make_fixture);

}  // namespace kadende::tests
