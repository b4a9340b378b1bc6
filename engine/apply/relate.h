// How our line of commits and the remote's stand to each other. Pure; what is done about it: shared_line.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/ports/history.h"

namespace kadende::apply {

enum class Relation : std::uint8_t {
  kSame,
  kAbsent,   // the remote has no line of this cluster, and as far as we know never had
  kAhead,    // we have versions that the remote lacks, on top of its own or of a line that stands for it
  kBehind,   // the remote has versions that we lack
  kMoved,    // both
  kRewound,  // the remote lacks what it once had: rewound, rewritten or removed by somebody
  kForeign,  // the branch is another cluster's
};
[[nodiscard]] const char* RelationName(Relation relation);  // "same", "behind", ...

struct LineSides {
  std::string lineage;
  std::uint64_t serial = 0;
  std::string commit;                          // that the store stands on; empty: none was published
  std::optional<ports::CommitSummary> tip;     // the remote's
  std::optional<ports::CommitSummary> marked;  // the newest that the remote is known to have had
  // Newest first: the remote's down to the lower serial of `commit` and `marked`, ours down to the tip's.
  std::vector<ports::CommitSummary> theirs;
  std::vector<ports::CommitSummary> ours;
};

[[nodiscard]] Relation Relate(const LineSides& sides);

}  // namespace kadende::apply
