// Builds model::ActionGraph: actions and what each waits for, in an order that respects it. Pure.
#pragma once

#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/plan.h"

namespace kadende::plan {

class GraphBuilder {
 public:
  void Reserve(std::size_t actions) { actions_.reserve(actions); }
  // Ids are of this builder; Build gives the final ones.
  model::ActionId Add(model::Action action);
  void Wait(model::ActionId action, model::ActionId before) { edges_.emplace_back(action, before); }
  [[nodiscard]] std::size_t size() const { return actions_.size(); }

  // Actions keep the order in which they were added as far as edges let them: the same input gives the same bytes.
  // kInternal for a circle, which is a defect of whoever added the edges. The builder is empty afterwards.
  [[nodiscard]] base::Result<model::ActionGraph> Build();

 private:
  std::vector<model::Action> actions_;
  std::vector<std::pair<model::ActionId, model::ActionId>> edges_;  // action, what it waits for
};

}  // namespace kadende::plan
