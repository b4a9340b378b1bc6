#include "state/git_remote_link.h"

#include <algorithm>
#include <utility>

#include "engine/base/text.h"
#include "state/directory.h"
#include "state/git_layout.h"

namespace kadende::state {
namespace {

constexpr std::size_t kMaxIssued = 1000;  // two days of a claim that is renewed every 200 s

// Tracked refs only keep objects from being removed, so what cannot be written now is written next time.
void Track(GitRepository& own, const std::string& ref, const std::string& hex) {
  const auto before = own.ReadRef(ref);
  if (!before) return;
  const auto to = ObjectIdFromHex(hex);
  if (*before == to) return;
  [[maybe_unused]] const auto done =
      to ? own.MoveRef(ref, *before, *to, "kadende: remote") : own.DeleteRef(ref, **before);
}

}  // namespace

std::string TrackedBranch(std::string_view cluster) {
  return "refs/kadende/remote/" + EncodePart(cluster);
}

std::string TrackedRun(std::string_view cluster) {
  return "refs/kadende/remote-run/" + EncodePart(cluster);
}

GitRemoteLink::GitRemoteLink(const GitRemoteOptions& options)
    : options_(options), path_(options.state_directory + "/history.git") {}

base::Result<GitRepository> GitRemoteLink::OpenOwn() const {
  if (auto ready = PrepareDirectory(options_.state_directory); !ready) return tl::unexpected(ready.error());
  return GitRepository::OpenOrCreate(path_);
}

base::Result<GitAddress> GitRemoteLink::Address() const {
  return FindGitAddress(options_.folder, options_.remote);
}

base::Result<GitNetwork> GitRemoteLink::Connect(base::Millis limit, std::stop_token stop) const {
  auto address = Address();
  if (!address) return tl::unexpected(address.error());
  return GitNetwork(path_, std::move(*address), limit, std::move(stop));
}

void GitRemoteLink::Remember(std::string_view cluster, const std::string& address,
                             const std::optional<std::string>& tip, const std::optional<std::string>& claim) {
  const std::lock_guard lock(mutex_);
  auto own = GitRepository::OpenOrCreate(path_);
  if (!own) return;
  auto known = ReadKnown(path_, cluster);
  if (known && known->address != address) known.reset();
  // Half of a look says nothing of the other half.
  if (!known && (!tip || !claim)) return;
  if (!known) known = KnownRemote{address, {}, {}, {}};
  if (tip) known->tip = *tip;
  if (claim) known->claim = *claim;
  if (tip && claim) known->fetched_at = Now();
  if (tip) Track(*own, TrackedBranch(cluster), *tip);
  if (claim) Track(*own, TrackedRun(cluster), *claim);
  [[maybe_unused]] const auto written = WriteKnown(path_, cluster, *known);
}

void GitRemoteLink::NoteIssued(std::string_view cluster, const std::string& commit, bool first) {
  const std::lock_guard lock(mutex_);
  auto& issued = issued_[std::string(cluster)];
  if (first) issued.clear();
  if (issued.size() >= kMaxIssued) issued.erase(issued.begin());
  issued.push_back(commit);
}

bool GitRemoteLink::IsSameClaim(std::string_view cluster, const std::string& a, const std::string& b) const {
  const std::lock_guard lock(mutex_);
  const auto found = issued_.find(cluster);
  if (found == issued_.end()) return false;
  const auto& issued = found->second;
  return std::find(issued.begin(), issued.end(), a) != issued.end() &&
         std::find(issued.begin(), issued.end(), b) != issued.end();
}

}  // namespace kadende::state
