#include "tests/support/memory_lines.h"

#include <algorithm>

namespace kadende::test {
namespace {

using base::ErrorCode;
using ports::CommitSummary;

constexpr const char* kStranded = "refs/kadende/stranded/";

std::string SharedRef(std::string_view cluster) {
  return "refs/kadende/shared/" + std::string(cluster);
}

tl::unexpected<base::Error> NoCommit(std::string_view commit) {
  return base::Fail(ErrorCode::kNotFound, "there is no commit `" + std::string(commit) + "`");
}

}  // namespace

base::Result<std::vector<CommitSummary>> MemoryLines::Line(std::string_view commit, std::uint64_t down_to) {
  std::vector<CommitSummary> line;
  for (const MemoryCommit& entry : repository_.Line(commit)) {
    line.push_back(entry.summary);
    if (entry.summary.serial <= down_to) break;
  }
  if (line.empty()) return NoCommit(commit);
  return line;
}

// What the remote has had is in whatever took the place of its line since; what a line begun anew here has is in the
// one that it was begun on.
std::string MemoryLines::Strand(std::string_view cluster, const MemoryCommit& tip, std::string_view commit) {
  const CommitSummary& old = tip.summary;
  const bool shared = repository_.Ref(SharedRef(cluster)) == old.id;
  for (const MemoryCommit& entry : repository_.Line(commit)) {
    if (entry.summary.id == old.id || ports::IsCompactionOf(old, entry.summary.id)) return {};
    const auto from = ports::CompactedFromOf(entry.summary);
    if (from && (from->commit == old.id || (shared && from->serial > old.serial))) return {};
  }
  std::string ref = kStranded + std::string(cluster) + "/" + std::to_string(old.serial);
  const std::string there = repository_.Ref(ref);
  if (!there.empty() && there != old.id) ref += "-" + old.id.substr(0, 12);
  repository_.Move(ref, repository_.Ref(ref), old.id);
  return ref;
}

base::Result<std::string> MemoryLines::MoveTo(std::string_view cluster, std::string_view commit) {
  if (!repository_.Find(commit)) return NoCommit(commit);
  if (before_change) {
    if (auto status = before_change(); !status) return tl::unexpected(std::move(status).error());
  }
  const std::string branch = MemoryBranch(cluster);
  const auto tip = repository_.Find(repository_.Ref(branch));
  if (tip && tip->summary.id == commit) return std::string();
  std::string stranded = tip ? Strand(cluster, *tip, commit) : std::string();
  repository_.Move(branch, tip ? tip->summary.id : "", std::string(commit));
  return stranded;
}

base::Status MemoryLines::Mark(std::string_view cluster, std::string_view commit) {
  if (!commit.empty() && !repository_.Find(commit)) return NoCommit(commit);
  if (before_change) {
    if (auto status = before_change(); !status) return status;
  }
  const std::string ref = SharedRef(cluster);
  repository_.Move(ref, repository_.Ref(ref), std::string(commit));
  return {};
}

base::Result<std::optional<CommitSummary>> MemoryLines::Marked(std::string_view cluster) {
  const auto commit = repository_.Find(repository_.Ref(SharedRef(cluster)));
  return commit ? std::optional(commit->summary) : std::nullopt;
}

base::Result<std::vector<CommitSummary>> MemoryLines::Stranded(std::string_view lineage) {
  std::vector<CommitSummary> found;
  for (const auto& [ref, id] : repository_.List(kStranded)) {
    auto commit = repository_.Find(id);
    if (!commit || commit->summary.lineage != lineage) continue;
    commit->summary.trailers["ref"] = ref;
    found.push_back(std::move(commit->summary));
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.serial > b.serial; });
  return found;
}

}  // namespace kadende::test
