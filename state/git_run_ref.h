// The content of a run ref: a commit on the branch's tip whose tree is the state as it is once the run has begun, plus
// run.json (who holds it, until when) and intents.jsonl (what it may create). FORMAT.md has the keys.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/ports/remote.h"
#include "state/git_repository.h"

namespace kadende::state {

[[nodiscard]] std::string RunRefOf(std::string_view cluster);  // "refs/kadende/run/shop"

// A claim that can be written again and again: a renewal differs in run.json alone.
class RunRefWriter {
 public:
  // Writes the tree of `request.state`. `parent`: what the branch is at; nothing: there is none. The version that the
  // state stands on must be in `repository`.
  [[nodiscard]] static base::Result<RunRefWriter> Make(GitRepository& repository, const ports::ClaimRequest& request,
                                                       const std::optional<ObjectId>& parent);

  // Writes a commit that is renewed at `now`; durable. The claim that it says.
  [[nodiscard]] base::Result<ports::RunClaim> Write(GitRepository& repository, base::TimePoint now) const;

 private:
  RunRefWriter() = default;

  ports::RunClaim claim_;       // without commit and renewed
  model::ClusterState header_;  // the cluster's record alone, without the text of the spec
  ObjectId tree_;               // without run.json
  std::optional<ObjectId> parent_;
};

// kCorrupt: not the commit of a run ref. kInvalid: of a newer version.
[[nodiscard]] base::Result<ports::RunClaim> ReadRunClaim(const GitRepository& repository, const ObjectId& commit);

// Of a run ref, with intents and the open run; of any other commit as it was published.
[[nodiscard]] base::Result<ports::HistoricState> ReadAnyState(const GitRepository& repository, const ObjectId& commit);

}  // namespace kadende::state
