// What every ports::History must do. An implementation calls CheckHistoryContract from one TEST_CASE; each situation is
// a SECTION of it and gets a fresh, empty history.
//
// Add history_contract.cc to the sources of the test.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/model/cluster_state.h"
#include "engine/ports/history.h"

namespace kadende::tests {

class HistoryFixture {
 public:
  virtual ~HistoryFixture() = default;
  // Another object over the same place; several live at once.
  [[nodiscard]] virtual std::unique_ptr<ports::History> Make() = 0;
};
using HistoryFixtureFactory = std::function<std::unique_ptr<HistoryFixture>()>;

void CheckHistoryContract(const HistoryFixtureFactory& make_fixture);

// A cluster with a group of each kind, rows of each phase, and everything else that state keeps.
[[nodiscard]] model::ClusterState SampleCluster(const std::string& name = "shop");
// A live row, as a create would leave it.
[[nodiscard]] model::NodeRecord SampleNode(const model::ClusterState& state, const std::string& group,
                                           std::uint32_t ordinal, std::uint32_t incarnation);
// All that is kept in git, as text that a failed test can show; equal texts are equal states.
[[nodiscard]] std::string Dump(const model::ClusterState& state);
// As the store does after a publish.
void MarkPublished(model::ClusterState* state, const ports::PublishResult& result);

}  // namespace kadende::tests
