// Looking after a published history: whether it is whole, and leaving old versions out. A port beside History, whose
// versions it reads. Implementation: state/git_care. Contract suite: tests/contract/history_care_contract.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/ports/history.h"

namespace kadende::ports {

// The first thing that is wrong.
struct HistoryFault {
  std::string place;  // "serial 7 (3f2c1abd90): groups/web/group.json"
  std::string cause;
  std::string remedy;
};

struct HistoryCheck {
  std::uint64_t versions = 0;  // that were looked at, oldest first
  std::uint64_t objects = 0;   // trees and files that were read; what versions share is read once
  std::uint64_t oldest_serial = 0;
  std::uint64_t newest_serial = 0;
  std::string tip;  // commit id
  std::optional<HistoryFault> fault;
};

struct CompactRequest {
  std::string name;             // of the cluster
  std::string expected;         // the commit that state names, which must be the branch's tip
  base::TimePoint keep_from{};  // versions from here on are kept, and the one that was in force then
  base::TimePoint now{};
  std::string actor;
};

struct CompactResult {
  PublishResult published;    // the new tip; unchanged where nothing was left out
  std::uint64_t removed = 0;  // versions
  std::uint64_t kept = 0;     // the new tip not counted
};

class HistoryCare {
 public:
  virtual ~HistoryCare() = default;

  // Every version against its trailers and the one before it: serials rise by one, lineage, name and hash of the
  // specification are those of the tree, all of the tree can be read, incarnations never fall. A fault is a result, not
  // an error.
  [[nodiscard]] virtual base::Result<HistoryCheck> Verify(std::string_view name) = 0;

  // Replaces versions before `keep_from` by a new line of commits: the kept versions with what they say and hold (their
  // ids change, their signatures go), and on top one with the tip's tree and the trailer kCompactedTrailer. The caller
  // holds the cluster's lock. kConflict: the branch is elsewhere. After a crash the branch is at the old or the new
  // tip, and History::Publish goes on from either.
  [[nodiscard]] virtual base::Result<CompactResult> Compact(const CompactRequest& request) = 0;
};

}  // namespace kadende::ports
