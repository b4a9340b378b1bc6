#include "state/git_network.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "engine/base/fault.h"
#include "engine/base/text.h"
#include "state/git_locks.h"

namespace kadende::state {
namespace {

using Clock = std::chrono::steady_clock;
using base::ErrorCode;

constexpr int kAttempts = 8;
constexpr auto kFirstPause = std::chrono::milliseconds(50);
constexpr auto kShortest = std::chrono::seconds(5);  // for the look after a push that used up its time
constexpr auto kListing = std::chrono::seconds(30);

void Pause(std::chrono::milliseconds pause, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, pause, [] { return false; });
}

base::Millis Left(Clock::time_point until) {
  return std::max<base::Millis>(std::chrono::duration_cast<base::Millis>(until - Clock::now()), kShortest);
}

// "fatal: Unable to create '<path>': File exists."
std::string LockFileIn(const std::string& text, const std::string& repository) {
  const std::size_t start = text.find("'" + repository);
  if (start == std::string::npos) return {};
  const std::size_t end = text.find('\'', start + 1);
  if (end == std::string::npos || text.find("File exists", end) == std::string::npos) return {};
  std::string path = text.substr(start + 1, end - start - 1);
  return path.ends_with(".lock") ? path : std::string();
}

std::string At(const RefList& refs, const std::string& name) {
  const auto found = refs.find(name);
  return found == refs.end() ? std::string() : found->second;
}

std::string Short(const std::string& commit) {
  return commit.empty() ? "nothing" : commit.substr(0, 12);
}

}  // namespace

GitNetwork::GitNetwork(std::string repository, GitAddress address, base::Millis limit, std::stop_token stop)
    : repository_(std::move(repository)), address_(std::move(address)), limit_(limit), stop_(std::move(stop)) {}

base::Result<GitOutput> GitNetwork::Run(std::vector<std::string> arguments, base::Millis limit) {
  arguments.insert(arguments.begin(), "--git-dir=" + repository_);
  GitCommand command{.arguments = std::move(arguments), .settings = address_.settings, .limit = limit, .stop = stop_};
  // Fetched refs must not outlive what they refer to in a power cut; housekeeping is git_maintenance's.
  command.settings.emplace_back("core.fsync", "committed,reference");
  command.settings.emplace_back("gc.auto", "0");
  command.settings.emplace_back("maintenance.auto", "false");
  return RunGit(command);
}

base::Error GitNetwork::Unreachable(const base::Error& error) const {
  base::Error unreachable = error;
  if (error.code == ErrorCode::kTimeout) unreachable.code = ErrorCode::kUnavailable;
  unreachable.message = "cannot reach " + address_.shown + ": " + error.message;
  return unreachable;
}

base::Status GitNetwork::Fetch(const std::vector<std::string>& refspecs) {
  std::vector<std::string> arguments = {"fetch",
                                        "--quiet",
                                        "--no-tags",
                                        "--no-write-fetch-head",
                                        "--prune",
                                        "--atomic",
                                        "--no-progress",
                                        "--no-recurse-submodules",
                                        "--refmap=",
                                        "--",
                                        std::string(kRemoteName)};
  arguments.insert(arguments.end(), refspecs.begin(), refspecs.end());
  const auto until = Clock::now() + limit_;
  base::FaultPoint("remote.fetch.before");
  for (int attempt = 1;; ++attempt) {
    const auto fetched = Run(arguments, Left(until));
    if (!fetched) return tl::unexpected(Unreachable(fetched.error()));
    if (fetched->status == 0) break;
    // Left behind by a process that was killed, or of one that fetches the same at this moment.
    const std::string lock = LockFileIn(fetched->err, repository_);
    const bool busy = !lock.empty() || fetched->err.find("cannot lock ref") != std::string::npos;
    if (!busy || attempt == kAttempts)
      return tl::unexpected(ExplainFailure(*fetched, "cannot fetch from", address_.shown));
    if (lock.empty() || !BreakStaleLock(lock)) Pause(kFirstPause * 10, stop_);
  }
  base::FaultPoint("remote.fetch.after");
  return {};
}

base::Result<RefList> GitNetwork::List(const std::vector<std::string>& refs) {
  std::vector<std::string> arguments = {"ls-remote", "--quiet", "--refs", std::string(kRemoteName)};
  arguments.insert(arguments.end(), refs.begin(), refs.end());
  const auto listed = Run(std::move(arguments), std::min<base::Millis>(limit_, kListing));
  if (!listed) return tl::unexpected(Unreachable(listed.error()));
  if (listed->status != 0) return tl::unexpected(ExplainFailure(*listed, "cannot reach", address_.shown));
  RefList found = ParseRefList(listed->out);
  // Patterns match the ends of names.
  std::erase_if(found, [&](const auto& ref) { return std::find(refs.begin(), refs.end(), ref.first) == refs.end(); });
  return found;
}

// Nothing: nothing has changed, it may be tried again.
std::optional<PushReport> GitNetwork::LookUp(const PushRequest& request, const base::Result<GitOutput>& push) {
  std::vector<std::string> names = request.also_list;
  for (const auto& update : request.updates) names.push_back(update.ref);
  auto seen = List(names);
  if (!seen) {
    // What the push said is the better reason, where it said something.
    base::Error error = push ? ExplainFailure(*push, "cannot push to", address_.shown) : Unreachable(push.error());
    if (error.code == ErrorCode::kUnavailable) error.effect = base::Effect::kPossible;
    return PushReport{tl::unexpected(std::move(error)), std::nullopt};
  }
  if (request.took_effect(*seen)) return PushReport{{}, std::move(*seen)};
  for (const auto& update : request.updates) {
    const std::string there = At(*seen, update.ref);
    if (there == update.from) continue;
    auto conflict = base::Fail(ErrorCode::kConflict, update.ref + " moved at " + address_.shown + ": it is at " +
                                                         Short(there) + " instead of " + Short(update.from));
    return PushReport{std::move(conflict), std::move(*seen)};
  }
  return std::nullopt;
}

PushReport GitNetwork::Push(const PushRequest& request) {
  std::vector<std::string> arguments = {
      "push", "--porcelain", "--atomic", "--no-verify", "--no-progress", "--no-follow-tags", "--recurse-submodules=no"};
  for (const auto& update : request.updates) {
    arguments.push_back("--force-with-lease=" + update.ref + ":" + update.from);
  }
  arguments.insert(arguments.end(), {"--", std::string(kRemoteName)});
  for (const auto& update : request.updates) arguments.push_back(update.to + ":" + update.ref);
  const auto until = Clock::now() + limit_;
  auto pause = kFirstPause;
  base::FaultPoint(request.fault_before);
  for (int attempt = 1;; ++attempt) {
    const auto push = Run(arguments, Left(until));
    const bool spoke = push.has_value();
    const PushOutcome outcome = spoke ? ReadPush(*push) : PushOutcome::kFailed;
    if (outcome == PushOutcome::kDone) {
      base::FaultPoint(request.fault_after);
      return {};
    }
    if (!spoke && push.error().code != ErrorCode::kTimeout) return {tl::unexpected(Unreachable(push.error())), {}};
    if (auto report = LookUp(request, push)) return std::move(*report);
    // Nothing has changed. A push that was cut off may still arrive; so may its repetition: only one of them can win.
    const bool again = outcome != PushOutcome::kRejected && attempt < kAttempts && Clock::now() < until;
    const base::Error error =
        spoke ? ExplainFailure(*push, "cannot push to", address_.shown) : Unreachable(push.error());
    if (!again || error.code != ErrorCode::kUnavailable) return {tl::unexpected(error), {}};
    Pause(pause, stop_);
    pause = std::min<std::chrono::milliseconds>(pause * 2, std::chrono::seconds(2));
  }
}

}  // namespace kadende::state
