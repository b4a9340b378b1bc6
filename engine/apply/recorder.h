// Step "record": gathers named state changes and events of one loop, and makes them durable with one Commit.
//
// A change is applied to the state in memory when it is added, so later decisions of the same loop see it; an observer
// hears of nothing before it is durable. Not thread-safe: the coordinator's.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/apply/executor.h"
#include "engine/model/state_change.h"

namespace kadende::apply {

// Whether a change is about instances: one came, went, or was given up. The rest of what a run notes (intents, used
// incarnations of creates that gave nothing, backoff) is nothing that a version of its own is published for.
[[nodiscard]] bool ChangesRows(const model::StateChange& change);

class Recorder {
 public:
  // All must outlive the recorder. `run_id` may be empty: outside of a run.
  Recorder(model::ClusterState& state, const Ports& ports, std::string run_id, std::string actor)
      : state_(state), ports_(ports), run_id_(std::move(run_id)), actor_(std::move(actor)) {}

  template <class Change>
  void Add(Change&& change) {
    changes_.emplace_back(std::forward<Change>(change));
    changes_rows_ |= ChangesRows(changes_.back());
    state_.Apply(changes_.back());
  }
  // An event with time, cluster, run and actor filled in. Stored with the next commit if its kind is, and shown after
  // it. The reference is good until the next call.
  model::Event& Note(model::EventKind kind, base::TimePoint now);

  [[nodiscard]] bool empty() const { return changes_.empty() && progress_.empty(); }
  // Whether anything that was ever added changes what the cluster has: see ChangesRows.
  [[nodiscard]] bool changes_rows() const { return changes_rows_; }
  // Commits what was added (nothing: no commit), then shows the events. After an error nothing more may be added.
  [[nodiscard]] base::Status Commit();

 private:
  model::ClusterState& state_;
  const Ports& ports_;
  const std::string run_id_;
  const std::string actor_;
  model::StateChanges changes_;
  std::vector<model::Event> progress_;  // kinds that are not stored
  bool changes_rows_ = false;
};

}  // namespace kadende::apply
