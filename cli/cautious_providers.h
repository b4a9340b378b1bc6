// Providers as a plan of a file sees them that nobody has accepted yet: addresses that the file alone names are not
// connected to (DESIGN 8). What was applied before may be looked at.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/cluster_state.h"
#include "engine/ports/plan_update.h"
#include "engine/ports/provider.h"

namespace kadende::cli {

// For one plan, in one thread.
class CautiousProviders : public ports::ProviderSource, public ports::PlanUpdates {
 public:
  // `all` must outlive it.
  CautiousProviders(ports::ProviderSource& all, const model::ClusterState& state);
  ~CautiousProviders() override;

  [[nodiscard]] base::Result<ports::Provider*> Find(const model::ProviderRef& ref) override;
  [[nodiscard]] ports::PlanUpdate* FindPlanUpdate(const model::ProviderRef& ref) override;
  // A sentence for each place that was not looked at.
  [[nodiscard]] std::vector<std::string> Notes() const;

 private:
  class Cautious;
  ports::ProviderSource& all_;
  std::set<std::pair<std::string, std::string>> accepted_;  // provider and scope_config of what was applied
  std::set<std::pair<std::string, std::string>> left_out_;
  std::map<ports::Provider*, std::unique_ptr<Cautious>> made_;
};

}  // namespace kadende::cli
