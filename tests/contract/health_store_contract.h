// What every ports::HealthStore must do. Each situation is a SECTION and gets a fresh, empty store.
//
// Add health_store_contract.cc and state_samples.cc to the sources of the test.
#pragma once

#include <functional>
#include <memory>

#include "engine/ports/health_store.h"
#include "engine/ports/state_store.h"

namespace kadende::tests {

// One empty store by its two ports; what it stands on lives as long as either pointer.
struct HealthStorePair {
  std::shared_ptr<ports::StateStore> state;
  std::shared_ptr<ports::HealthStore> health;
};
using HealthStoreFactory = std::function<HealthStorePair()>;

void CheckHealthStoreContract(const HealthStoreFactory& make_store);

// With every field set, as a store gives it back.
[[nodiscard]] model::NodeHealth SomeHealth(std::uint32_t ordinal, std::uint32_t incarnation,
                                           model::HealthState state = model::HealthState::kHealthy);
[[nodiscard]] model::HealthReport SomeReport(const std::string& group, const std::string& slot_key, std::int64_t at);

}  // namespace kadende::tests
