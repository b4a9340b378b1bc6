// Lines of commits by their ids: what bringing a remote's line and our own together needs of the history's own
// repository, beside the History itself. Implementation: state/git_lines. Contract suite:
// tests/contract/lines_contract.h.
//
// Thread-safety: one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/ports/history.h"

namespace kadende::ports {

class Lines {
 public:
  virtual ~Lines() = default;

  // The line that ends with `commit` (any that is in the repository), newest first, down to the first serial that is
  // not above `down_to`, or to its end.
  [[nodiscard]] virtual base::Result<std::vector<CommitSummary>> Line(std::string_view commit,
                                                                      std::uint64_t down_to) = 0;

  // The cluster's branch is at `commit` from here on, whatever it was at. A tip that is not on the line of `commit` is
  // kept as refs/kadende/stranded/<serial>; the result is that ref, or empty. Durable.
  [[nodiscard]] virtual base::Result<std::string> MoveTo(std::string_view cluster, std::string_view commit) = 0;

  // Notes durably that the remote has had `commit`; empty: nothing is known of it any more.
  [[nodiscard]] virtual base::Status Mark(std::string_view cluster, std::string_view commit) = 0;
  [[nodiscard]] virtual base::Result<std::optional<CommitSummary>> Marked(std::string_view cluster) = 0;

  // Lines of the cluster that lost against the remote's, newest first; `trailers["ref"]` names where each is kept.
  [[nodiscard]] virtual base::Result<std::vector<CommitSummary>> Stranded(std::string_view lineage) = 0;
};

}  // namespace kadende::ports
