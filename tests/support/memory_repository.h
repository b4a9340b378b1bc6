// A git repository in memory, as far as kadende needs one: commits that never change, and refs that move by
// compare-and-swap. One is a clone's own, another the remote where clones meet; the ports over it are in
// memory_history, memory_lines, memory_care and memory_remote. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ports/history.h"
#include "engine/ports/remote.h"

namespace kadende::test {

struct MemoryCommit {
  ports::CommitSummary summary;
  std::string parent;  // empty: none
  std::string run_id;  // of the run that published it
  std::string plan;
  model::ClusterState state;             // the tree: without intents and run, but in a run ref
  std::optional<ports::RunClaim> claim;  // of a run ref
  std::string nonce;                     // keeps two claims from being the same commit, or both would seem to have won
};

class MemoryRepository {
 public:
  using Refs = std::map<std::string, std::string>;  // name to commit
  struct Update {
    std::string ref;
    std::string from;  // empty: there must be none
    std::string to;    // empty: it goes
  };

  // Its id, which follows from all that it says: the same commit made twice is one.
  std::string Put(MemoryCommit commit);
  [[nodiscard]] std::optional<MemoryCommit> Find(std::string_view id) const;
  // Newest first; as far as there are commits.
  [[nodiscard]] std::vector<MemoryCommit> Line(std::string_view id) const;

  [[nodiscard]] std::string Ref(const std::string& name) const;  // empty: none
  [[nodiscard]] Refs List(const std::string& prefix) const;
  // All or none.
  bool Move(const std::vector<Update>& updates);
  bool Move(const std::string& ref, const std::string& from, const std::string& to) { return Move({{ref, from, to}}); }

  // A damaged repository: the commit is gone, whatever leads to it.
  void Drop(const std::string& id);

  // Takes over a commit and all that it stands on.
  void Take(const MemoryRepository& from, std::string_view id);

  // Files beside the objects.
  void Note(const std::string& name, std::string text);
  [[nodiscard]] std::optional<std::string> Noted(const std::string& name) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, MemoryCommit, std::less<>> commits_;  // guarded by mutex_
  Refs refs_;                                                 // guarded by mutex_
  std::map<std::string, std::string> notes_;                  // guarded by mutex_
};

[[nodiscard]] std::string MemoryBranch(std::string_view cluster);
[[nodiscard]] std::string MemoryRunRef(std::string_view cluster);

// The tree of a commit on `parent` (null: of a first one): what `state` has changed since, and the rest as it was.
[[nodiscard]] model::ClusterState MemoryTree(const model::ClusterState* parent, const model::ClusterState& state);
[[nodiscard]] bool SameTree(const model::ClusterState& a, const model::ClusterState& b);
// A commit as a reader gets it.
[[nodiscard]] ports::HistoricState MemoryVersion(const MemoryCommit& commit);

}  // namespace kadende::test
