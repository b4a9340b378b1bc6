// What every ports::StateStore must do. Each situation is a SECTION and gets a fresh, empty store; the property suite
// compares a store with ClusterState::Apply over random sequences of changes.
//
// Add state_store_contract.cc and state_samples.cc to the sources of the test.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/model/cluster_state.h"
#include "engine/ports/state_store.h"

namespace kadende::tests {

// An empty store; what it stands on (a directory) lives as long as the pointer.
using StoreFactory = std::function<std::shared_ptr<ports::StateStore>()>;

void CheckStateStoreContract(const StoreFactory& make_store);

// `rounds` random sequences of batches, from `seed`; after every batch Load() equals what Apply gives.
void CheckStoreMatchesApply(const StoreFactory& make_store, std::uint32_t seed, int rounds, int batches);

// Everything of a state as text, one row a line: equal text is equal state, and a difference reads as what differs.
[[nodiscard]] std::string Dump(const model::ClusterState& state);

// Small records, for tests of stores.
[[nodiscard]] model::ClusterRecord SomeCluster(const std::string& lineage, const std::string& name);
[[nodiscard]] model::NodeRecord SomeNode(std::uint32_t ordinal, std::uint32_t incarnation,
                                         model::NodePhase phase = model::NodePhase::kLive);
[[nodiscard]] model::Intent SomeIntent(const std::string& group, std::uint32_t ordinal, std::uint32_t incarnation);
[[nodiscard]] model::Event SomeEvent(const std::string& group, const std::string& slot_key, std::int64_t millis);

}  // namespace kadende::tests
