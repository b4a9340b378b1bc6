#include "state/git_compact.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/base/fault.h"
#include "engine/base/text.h"
#include "state/git_layout.h"
#include "state/git_publisher.h"
#include "state/git_signing.h"

namespace kadende::state {
namespace {

// The bytes of a commit with another parent. A signature is of the old bytes, so it goes.
std::string WithParent(std::string_view bytes, const std::optional<ObjectId>& parent) {
  std::string out;
  bool skipping = false;
  while (!bytes.empty() && bytes.front() != '\n') {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size() - 1);
    const std::string_view line = bytes.substr(0, end + 1);
    bytes.remove_prefix(end + 1);
    if (line.starts_with(' ') && skipping) continue;  // a header's further lines begin with a blank
    skipping = line.starts_with("parent ") || line.starts_with("gpgsig");
    if (skipping) continue;
    out += line;
    if (line.starts_with("tree ") && parent) out += "parent " + ToHex(*parent) + "\n";
  }
  return out.append(bytes);
}

// The commit on top: the tip's tree, and from where the line was taken over.
std::string Top(const Commit& tip, const ObjectId& parent, const ports::CompactRequest& request, const Identity& author,
                const ports::CompactResult& result, std::uint64_t oldest) {
  const ports::CommitSummary& old = tip.summary;
  model::ClusterState state;
  state.cluster.lineage = old.lineage;
  const auto name = old.trailers.find("Kadende-Cluster");
  state.cluster.name = name == old.trailers.end() ? request.name : name->second;
  if (const auto hash = base::DigestFromHex(old.spec_hash)) state.cluster.spec_hash = *hash;
  ports::PublishRequest publish;
  publish.state = &state;
  publish.time = request.now;
  publish.actor = request.actor;
  publish.subject = "compact " + request.name + ": " + base::Count(result.removed, "version") + " before serial " +
                    std::to_string(oldest) + " left out";
  publish.trailers.emplace(ports::kCompactedTrailer, std::to_string(old.serial) + " " + old.id);
  return EncodeCommit({tip.tree, parent, author, old.serial + 1, &publish, {}});
}

// Newest first, down to the version that was in force at `from`, and how many there are before it.
base::Result<std::vector<ObjectId>> Kept(const GitRepository& own, const ObjectId& tip, base::TimePoint from,
                                         std::uint64_t* removed) {
  std::vector<ObjectId> kept;
  bool in_force = false;  // seen
  for (std::optional<ObjectId> at = tip; at;) {
    const auto commit = ReadCommit(own, *at);
    if (!commit) return tl::unexpected(commit.error());
    if (in_force) {
      ++*removed;
    } else {
      kept.push_back(*at);
      in_force = commit->summary.time < from;
    }
    at = commit->parent;
  }
  return kept;
}

}  // namespace

base::Result<Compacted> CompactLine(GitRepository& own, RepositoryAround& around,
                                    const ports::CompactRequest& request) {
  const std::string branch = BranchOf(request.name);
  const auto ref = own.ReadRef(branch);
  if (!ref) return tl::unexpected(ref.error());
  if (!*ref || ToHex(**ref) != request.expected) {
    return base::Fail(base::ErrorCode::kConflict,
                      "the history of " + base::EscapeTerminal(request.name) + " is at " +
                          (*ref ? ToHex(**ref) : "nothing") + ", state at " + request.expected +
                          "; nothing was changed. The next apply brings them together, or says what is in its way");
  }
  const auto tip = ReadCommit(own, **ref);
  if (!tip) return tl::unexpected(tip.error());
  Compacted compacted;
  compacted.tip = **ref;
  compacted.result.published = {tip->summary.serial, tip->summary.id, {}};
  const auto kept = Kept(own, **ref, request.keep_from, &compacted.result.removed);
  if (!kept) return tl::unexpected(kept.error());
  compacted.result.kept = kept->size();
  if (compacted.result.removed == 0) return compacted;

  ObjectBatch batch;
  std::optional<ObjectId> parent;
  for (auto id = kept->rbegin(); id != kept->rend(); ++id) {
    const auto bytes = own.Read(*id, ObjectKind::kCommit);
    if (!bytes) return tl::unexpected(bytes.error());
    parent = batch.Add(ObjectKind::kCommit, WithParent(*bytes, parent));
  }
  const auto first = ReadCommit(own, kept->back());
  if (!first) return tl::unexpected(first.error());
  const std::uint64_t oldest = first->summary.serial;
  base::FaultPoint("state.compact.objects.before");
  const auto top =
      WriteCommit(own, around, Top(*tip, *parent, request, AuthorOf(own, around), compacted.result, oldest), &batch);
  if (!top) return tl::unexpected(top.error());
  compacted.tip = *top;
  base::FaultPoint("state.compact.objects.after");
  if (auto moved = own.MoveRef(branch, **ref, compacted.tip, "kadende: compact"); !moved) {
    return tl::unexpected(moved.error());
  }
  base::FaultPoint("state.compact.ref.after");
  compacted.wrote = true;
  compacted.result.published.serial = tip->summary.serial + 1;
  compacted.result.published.commit = ToHex(compacted.tip);
  return compacted;
}

}  // namespace kadende::state
