// A person gives an existing instance to an empty slot (`kadende adopt`), and takes a node out of the state
// (`kadende forget`). What is to be done, and the two halves of doing it under the lock of an Edit (run.h).
//
// Adopting, in order: an open create intent that names the instance (durable); the provider marks the instance as ours
// (UpdateRequest::tags_only); the row. Cut off anywhere, the next run finishes it: a listing that has the new token
// gives the row, and where none has, the mark is set again (plan: `adopt`, interrupted). Nothing is ever made for it,
// and the incarnation is issued before anything carries it, so that nobody takes the state for behind the world.
//
// Forgetting: row gone, tombstone, and a note of the instance (model::Forgotten), in one commit; then our tags are
// taken off where the provider can do that. The note alone keeps it from being taken for a stray, so that the second
// half may fail, come late, or never.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/apply/run.h"
#include "engine/model/cluster_state.h"
#include "engine/ports/provider.h"

namespace kadende::apply {

struct AdoptRequest {
  std::string node;          // as a user writes it; the slot may never have had a node
  std::string instance;      // the provider's id
  std::string from_lineage;  // of whom it may be taken; empty: of nobody but ourselves
  std::string actor;
  base::Millis timeout = std::chrono::minutes(2);  // per provider call
};

// What the instance has, against what the group's nodes are to have.
struct AdoptDifference {
  std::string path;     // "labels.tier", "size"
  std::string has;      // JSON; empty: nothing
  std::string wanted;   // likewise
  bool is_set = false;  // by adopting; else it stays so until the node is replaced
};

struct Adoption {
  std::string group;
  model::Slot slot;
  std::uint32_t incarnation = 0;
  model::Token token;
  model::RevisionRecord revision;  // of the group; the node counts as one of it
  model::Instance instance;        // as the provider described it
  std::string scope;
  std::string attributes;                     // of the instance, those that state keeps
  std::string name;                           // what the instance would be called, had we made it
  std::optional<model::NodeRecord> replaces;  // the slot's node, which is gone
  bool as_it_is = false;                      // ours, and of this very slot: nothing of it changes
  bool goes_on = false;                       // was begun before, and cut off
  bool surplus = false;                       // the group has its size without it
  std::vector<AdoptDifference> differences;

  [[nodiscard]] std::string Display() const { return model::NodeAddress{group, slot}.Display(); }
};

// Looks, changes nothing. kInvalid, kConflict, kNotFound with the reason and the remedy.
[[nodiscard]] base::Result<Adoption> FindAdoption(const model::ClusterState& state, const AdoptRequest& request,
                                                  ports::ProviderSource& providers, base::TimePoint now);
// The first half, under the lock.
[[nodiscard]] model::StateChanges BeginAdoption(const model::ClusterState& state, const Adoption& adoption,
                                                const std::string& actor, base::TimePoint now);
// The second: calls the provider.
[[nodiscard]] EditRequest::Acted FinishAdoption(const model::ClusterState& state, const Adoption& adoption,
                                                const AdoptRequest& request, ports::ProviderSource& providers,
                                                base::TimePoint now);

}  // namespace kadende::apply
