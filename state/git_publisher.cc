#include "state/git_publisher.h"

#include <utility>

#include "engine/base/fault.h"
#include "engine/base/text.h"
#include "state/file_lock.h"
#include "state/git_compact.h"
#include "state/git_enclosing.h"
#include "state/git_layout.h"
#include "state/git_locks.h"
#include "state/git_signing.h"
#include "state/git_snapshot.h"

namespace kadende::state {
namespace {

constexpr auto kForeignLock = std::chrono::seconds(3);  // how long a person's git command may hold the branch

std::string Describe(const std::optional<Commit>& commit) {
  if (!commit) return "nothing";
  return commit->summary.id + " (serial " + std::to_string(commit->summary.serial) + ")";
}

bool HasInstances(const model::ClusterState& state) {
  for (const auto& [path, group] : state.groups) {
    for (const auto& [key, node] : group.nodes) {
      if (node.phase != model::NodePhase::kTombstone) return true;
    }
  }
  return false;
}

// Whether `state` can come after `published`: it has issued every incarnation that was published, and has given up
// whatever was given up.
bool KnowsMachines(const model::ClusterState& state, const model::ClusterState& published) {
  for (const auto& [path, group] : published.groups) {
    const auto mine = state.groups.find(path);
    for (const auto& [key, node] : group.nodes) {
      if (mine == state.groups.end()) return false;
      const auto same = mine->second.nodes.find(key);
      const bool known =
          same == mine->second.nodes.end()
              ? mine->second.HighestIncarnation(key.ordinal) > key.incarnation
              : same->second.phase >= node.phase &&
                    (node.phase == model::NodePhase::kTombstone || same->second.phase == model::NodePhase::kTombstone ||
                     same->second.instance_id == node.instance_id);
      if (!known) return false;
    }
  }
  return true;
}

}  // namespace

tl::unexpected<base::Error> Damaged(base::Error error) {
  if (error.code == base::ErrorCode::kCorrupt) {
    error.message +=
        "; objects of the history are gone or damaged: restore history.git in the state directory from a backup, or "
        "move it away, and the next apply fetches it from the enclosing repository or makes it anew from the store";
  }
  return tl::unexpected(std::move(error));
}

Identity AuthorOf(const GitRepository& own, RepositoryAround& around) {
  if (const auto found = around.Find(); found && *found != nullptr) {
    if (auto identity = (*found)->ConfiguredIdentity()) return std::move(*identity);
  }
  return own.ConfiguredIdentity().value_or(Identity{"kadende", "kadende@localhost"});
}

GitPublisher::GitPublisher(GitRepository& own, const ports::PublishRequest& request, RepositoryAround& around)
    : own_(own),
      request_(request),
      cluster_(request.state->cluster),
      around_(around),
      branch_(BranchOf(cluster_.name)) {}

// The value of kLostTrailer where what state names is gone.
std::string GitPublisher::Lost() const {
  return std::to_string(cluster_.serial) + " " + cluster_.commit;
}

base::Result<std::optional<Commit>> GitPublisher::ReadTip() {
  auto id = own_.ReadRef(branch_);
  if (!id) return tl::unexpected(id.error());
  const auto expected = ObjectIdFromHex(cluster_.commit);
  if (!*id && expected) {
    const auto restored = RestoreFromEnclosing(own_, around_, branch_, *expected);
    if (!restored) return tl::unexpected(restored.error());
    if (*restored) *id = *expected;
  }
  if (!*id) return std::nullopt;
  auto commit = ReadCommit(own_, **id);
  if (!commit) return Damaged(commit.error());
  return std::optional<Commit>(std::move(*commit));
}

tl::unexpected<base::Error> GitPublisher::Conflict(const std::optional<Commit>& tip) const {
  const std::string expected =
      cluster_.commit.empty() ? "nothing" : cluster_.commit + " (serial " + std::to_string(cluster_.serial) + ")";
  return base::Fail(base::ErrorCode::kConflict,
                    "the history of " + cluster_.name + " moved: state was made from " + expected + ", but " + branch_ +
                        " is at " + Describe(tip) +
                        "; another state directory or a restored backup wrote one of them, compare them with `kadende "
                        "log`");
}

bool GitPublisher::IsOfOpenRun(const Commit& commit) const {
  const auto run = commit.summary.trailers.find(std::string(kRunTrailer));
  return cluster_.run && run != commit.summary.trailers.end() && run->second == cluster_.run->id;
}

// Whether `commit` was put on what state names, or on commits of the open run that were: each of them may have been cut
// off before the store heard of it. A first one may stand on the line of the name's former cluster.
base::Result<bool> GitPublisher::StandsOn(Commit commit, const std::optional<ObjectId>& expected) {
  while (commit.parent != expected) {
    const auto lost = commit.summary.trailers.find(std::string(kLostTrailer));
    if (expected && lost != commit.summary.trailers.end() && lost->second == Lost()) return true;
    if (!commit.parent) return false;
    auto parent = ReadCommit(own_, *commit.parent);
    if (!parent) return tl::unexpected(parent.error());
    if (!expected && parent->summary.lineage != cluster_.lineage) return true;
    if (!IsOfOpenRun(commit) || !IsOfOpenRun(*parent)) return false;
    commit = std::move(*parent);
  }
  return true;
}

// The commit of a run that was killed before the store heard of it: built on what state names, by the run that state
// still has open. Where a later run took its place, because the history could not be written in between, the content
// decides: state must know every machine of that commit, and must be about to write all that it changed.
base::Result<bool> GitPublisher::IsAlready(const Commit& tip, const std::optional<ObjectId>& expected) {
  if (tip.summary.lineage != cluster_.lineage) return false;
  const auto stands = StandsOn(tip, expected);
  if (!stands || !*stands) return stands;
  if (IsOfOpenRun(tip)) return true;
  const bool both_are_runs = cluster_.run && tip.summary.trailers.contains(std::string(kRunTrailer));
  std::optional<ObjectId> before;
  if (expected && !tip.summary.trailers.contains(std::string(kLostTrailer))) {
    const auto parent = ReadCommit(own_, *expected);
    if (!parent) return tl::unexpected(parent.error());
    before = parent->tree;
  }
  ObjectBatch unused;
  const auto on_parent = WriteSnapshot(own_, before, *request_.state, request_.plan, &unused);
  if (!on_parent) return tl::unexpected(on_parent.error());
  if (*on_parent == tip.tree || !both_are_runs) return *on_parent == tip.tree;
  const auto on_tip = WriteSnapshot(own_, tip.tree, *request_.state, request_.plan, &unused);
  if (!on_tip) return tl::unexpected(on_tip.error());
  if (*on_parent != *on_tip) return false;
  const auto published = ReadSnapshot(own_, tip.tree);
  if (!published) return tl::unexpected(published.error());
  return KnowsMachines(*request_.state, published->state);
}

// A new cluster under the name of an old one: the line goes on where the old one left nothing behind.
base::Result<GitPublisher::Base> GitPublisher::SucceedOther(const Commit& tip) {
  const auto old = ReadSnapshot(own_, tip.tree);
  if (!old) return base::Wrap(old.error(), "the former history of " + cluster_.name);
  if (HasInstances(old->state)) return Conflict(tip);
  return Base{ObjectIdFromHex(tip.summary.id), std::nullopt, tip.summary.serial};
}

// Our own history is gone, and the enclosing repository does not have the commit that state names either. The working
// store is what counts: all of it is published, behind what the enclosing repository still has of earlier versions.
base::Result<GitPublisher::Base> GitPublisher::BeginAnew() {
  Base anew{std::nullopt, std::nullopt, cluster_.serial, true};
  const auto found = around_.Find();
  if (!found || *found == nullptr) return anew;
  const auto kept = (*found)->ReadRef(branch_);
  if (!kept || !*kept) return anew;
  const auto commit = ReadCommit(**found, **kept);
  if (!commit || commit->summary.lineage != cluster_.lineage) return anew;
  if (commit->summary.serial >= cluster_.serial) return Conflict(*commit);
  const auto restored = RestoreFromEnclosing(own_, around_, branch_, **kept);
  if (restored && *restored) anew.parent = **kept;
  return anew;
}

base::Result<GitPublisher::Base> GitPublisher::ChooseBase(const std::optional<Commit>& tip) {
  const auto expected = ObjectIdFromHex(cluster_.commit);
  if (!expected && !cluster_.commit.empty()) {
    return base::Fail(base::ErrorCode::kCorrupt, "state of " + cluster_.name + " names the commit \"" +
                                                     base::EscapeTerminal(cluster_.commit) +
                                                     "\", which is no object id");
  }
  if (!tip) {
    if (expected) return BeginAnew();
    return Base{};
  }
  const auto id = ObjectIdFromHex(tip->summary.id);
  if (id == expected) return Base{id, tip->tree, tip->summary.serial};
  // Compacted, and killed before the store heard of it: the same tree, so what is dirty still is.
  if (expected && ports::IsCompactionOf(tip->summary, cluster_.commit)) return Base{id, tip->tree, tip->summary.serial};
  if (!expected && tip->summary.lineage != cluster_.lineage) return SucceedOther(*tip);
  const auto already = IsAlready(*tip, expected);
  if (!already) return Damaged(already.error());
  if (!*already) return Conflict(tip);
  // What was dirty then is dirty still, so the tip's tree can be taken over like the parent's.
  return Base{id, tip->tree, tip->summary.serial};
}

base::Status GitPublisher::MoveBranch(const std::optional<ObjectId>& from, const ObjectId& to) {
  const std::string lock = own_.CommonDirectory() + "/" + branch_ + ".lock";
  base::Status moved;
  const auto attempt = [&]() -> base::Result<bool> {
    moved = own_.MoveRef(branch_, from, to, request_.subject);
    const bool locked = !moved && moved.error().code == base::ErrorCode::kUnavailable;
    if (locked) BreakStaleLock(lock);
    return !locked;
  };
  const auto polled = PollUntil(kForeignLock, attempt);
  if (!polled) return tl::unexpected(polled.error());
  if (!moved && !*polled) return base::Wrap(moved.error(), "remove " + lock + " if no git command is running");
  return moved;
}

base::Result<GitPublisher::Outcome> GitPublisher::Publish() {
  const auto tip = ReadTip();
  if (!tip) return tl::unexpected(tip.error());
  const auto chosen = ChooseBase(*tip);
  if (!chosen) return tl::unexpected(chosen.error());
  const auto tree = WriteSnapshot(own_, chosen->tree, *request_.state, request_.plan, &batch_);
  if (!tree) return Damaged(tree.error());
  if (chosen->tree == *tree) return Outcome{*chosen->parent, chosen->serial, false, chosen->parent, {}};

  const CommitRequest commit{*tree,
                             chosen->parent,
                             AuthorOf(own_, around_),
                             chosen->serial + 1,
                             &request_,
                             chosen->lost ? Lost() : std::string()};
  const auto id = WriteCommit(own_, around_, EncodeCommit(commit), &batch_);
  if (!id) return tl::unexpected(id.error());
  base::FaultPoint("state.git.objects.after");
  base::FaultPoint("state.git.ref.before");
  if (auto moved = MoveBranch(chosen->parent, *id); !moved) return tl::unexpected(moved.error());
  base::FaultPoint("state.git.ref.after");
  Outcome outcome{*id, commit.serial, true, chosen->parent, {}};
  if (chosen->lost) {
    outcome.warning = "the published history of " + base::EscapeTerminal(cluster_.name) + " was gone: its commit " +
                      cluster_.commit + " (serial " + std::to_string(cluster_.serial) +
                      ") is nowhere; it was made anew from the working store as serial " +
                      std::to_string(commit.serial) + ", earlier versions are lost unless a backup has them";
  }
  return outcome;
}

}  // namespace kadende::state
