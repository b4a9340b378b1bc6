// What was seen of a remote last, beside the objects that were fetched: history.git/kadende-remote/<cluster>.json. Lost
// or unreadable, it is as if nothing had been seen: the next fetch writes it anew.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace kadende::state {

struct KnownRemote {
  std::string address;  // without credentials
  std::string tip;      // of the branch, hex; empty: there is none
  std::string claim;    // of the run ref, hex; empty: there is none
  base::TimePoint fetched_at{};
};

[[nodiscard]] std::optional<KnownRemote> ReadKnown(const std::string& repository, std::string_view cluster);
// Atomic, and durable when it returns.
[[nodiscard]] base::Status WriteKnown(const std::string& repository, std::string_view cluster,
                                      const KnownRemote& known);

}  // namespace kadende::state
