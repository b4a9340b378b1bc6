#include "state/git_line.h"

#include "state/git_own.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "engine/base/text.h"
#include "state/git_layout.h"
#include "state/git_publisher.h"

namespace kadende::state {
namespace {

constexpr std::size_t kShortestPrefix = 4;  // as git

// A revision as a user writes it: any of these may hold.
struct Wanted {
  std::optional<std::uint64_t> back;  // HEAD~N
  std::optional<std::uint64_t> serial;
  std::string prefix;
};

std::optional<std::uint64_t> ParseCount(std::string_view text) {
  const auto number = base::ParseInt(text);
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

Wanted ParseRevision(std::string_view text) {
  Wanted wanted;
  constexpr std::string_view kHead = "HEAD";
  if (text.empty() || text == kHead) {
    wanted.back = 0;
  } else if (text.substr(0, kHead.size() + 1) == "HEAD~") {
    const std::string_view count = text.substr(kHead.size() + 1);
    wanted.back = count.empty() ? 1 : ParseCount(count);
  } else {
    wanted.serial = ParseCount(text);
    if (text.size() >= kShortestPrefix) wanted.prefix = text;
  }
  return wanted;
}

struct Found {
  std::optional<Commit> by_serial;  // or by distance
  std::vector<Commit> by_prefix;
  std::uint64_t oldest = 0;
  std::uint64_t newest = 0;
};

base::Result<Found> Find(const GitRepository& repository, const ObjectId& tip, const Wanted& wanted) {
  Found found;
  std::uint64_t distance = 0;
  const auto visit = [&](Commit commit) {
    const std::uint64_t serial = commit.summary.serial;
    if (distance == 0) found.newest = serial;
    found.oldest = serial;
    const bool exact = wanted.back ? distance == *wanted.back : wanted.serial == serial;
    ++distance;
    if (exact && !found.by_serial) {
      found.by_serial = std::move(commit);
      return false;
    }
    const std::string& id = commit.summary.id;
    if (!wanted.prefix.empty() && id.compare(0, wanted.prefix.size(), wanted.prefix) == 0) {
      const bool whole = id.size() == wanted.prefix.size();
      found.by_prefix.push_back(std::move(commit));
      return !whole;
    }
    return true;
  };
  if (auto walked = WalkLine(repository, tip, visit); !walked) return tl::unexpected(walked.error());
  return found;
}

}  // namespace

tl::unexpected<base::Error> ExplainLine(base::Error error, std::string_view name) {
  return Damaged(base::Wrap(std::move(error), "history of " + base::EscapeTerminal(name)).value());
}

base::Result<std::optional<GitLine>> LocateLine(const GitOptions& options, RepositoryAround& around,
                                                std::string_view name) {
  auto own = GitRepository::Open(OwnPath(options));
  if (!own) return tl::unexpected(own.error());
  if (*own) {
    const bool fetched = !options.fetched.cluster.empty() && options.fetched.cluster == name;
    if (const auto id = fetched ? ObjectIdFromHex(options.fetched.tip) : std::nullopt) {
      return std::optional<GitLine>(GitLine{std::move(*own), nullptr, *id});
    }
    const auto tip = (*own)->ReadRef(BranchOf(name));
    if (!tip) return ExplainLine(tip.error(), name);
    if (*tip) return std::optional<GitLine>(GitLine{std::move(*own), nullptr, **tip});
  }
  const auto found = around.Find();
  if (!found || *found == nullptr) return std::nullopt;  // unusable: as if there were none
  const auto tip = (*found)->ReadRef(BranchOf(name));
  if (!tip) return ExplainLine(tip.error(), name);
  if (!*tip) return std::nullopt;
  return std::optional<GitLine>(GitLine{std::nullopt, *found, **tip});
}

base::Result<Commit> ResolveRevision(const GitLine& line, std::string_view name, std::string_view revision) {
  auto found = Find(line.repository(), line.tip, ParseRevision(revision));
  if (!found) return ExplainLine(found.error(), name);
  if (found->by_serial) return std::move(*found->by_serial);
  if (found->by_prefix.size() == 1) return std::move(found->by_prefix.front());
  const std::string what = base::EscapeTerminal(name) + "@" + base::EscapeTerminal(revision);
  if (found->by_prefix.size() > 1) {
    return base::Fail(base::ErrorCode::kInvalid, what + " means several commits, " + found->by_prefix[0].summary.id +
                                                     " and " + found->by_prefix[1].summary.id + " among them");
  }
  return base::Fail(base::ErrorCode::kNotFound, what + " does not exist; there are serials " +
                                                    std::to_string(found->oldest) + " to " +
                                                    std::to_string(found->newest));
}

}  // namespace kadende::state
