#include "cli/node_probe.h"

#include <utility>

#include "engine/base/text.h"
#include "engine/base/thread.h"

namespace kadende::cli {
namespace {

using model::Finding;

constexpr std::size_t kMostThreads = 16;    // looks at once: each is a few calls to an engine
constexpr std::size_t kMostEvidence = 200;  // bytes
constexpr const char* kCancelled = "cancelled";

// The last line with something in it.
std::string LastLine(std::string_view output) {
  const std::size_t end = output.find_last_not_of(" \t\r\n");
  if (end == std::string_view::npos) return {};
  output = output.substr(0, end + 1);
  const std::size_t begin = output.rfind('\n');
  if (begin != std::string_view::npos) output.remove_prefix(begin + 1);
  output = output.substr(0, kMostEvidence);
  while (!output.empty() && !base::IsValidUtf8(output)) output.remove_suffix(1);
  return std::string(output);
}

// As of programs that run here: 0 is healthy, 1 is not, and anything else says only that nothing could be seen.
std::pair<Finding, std::string> Judge(const ports::ExecResult& result) {
  std::string evidence = LastLine(result.output);
  if (evidence.empty()) evidence = "exit " + std::to_string(result.exit_code);
  if (result.exit_code == 0) return {Finding::kPass, std::move(evidence)};
  return {result.exit_code == 1 ? Finding::kFail : Finding::kUnknown, std::move(evidence)};
}

std::pair<Finding, std::string> Judge(const base::Error& error, base::Millis timeout) {
  switch (error.code) {
    case base::ErrorCode::kTimeout:
      return {Finding::kFail, "did not end within " + base::FormatDuration(timeout)};
    case base::ErrorCode::kConflict:  // it hangs since an earlier look
      return {Finding::kFail, error.message};
    case base::ErrorCode::kCancelled:
      return {Finding::kUnknown, kCancelled};
    default:
      return {Finding::kUnknown, error.message};
  }
}

}  // namespace

NodeProbe::NodeProbe(std::unique_ptr<ports::HealthProbe> others, Find find)
    : find_(std::move(find)), others_(std::move(others)) {}

NodeProbe::~NodeProbe() {
  std::deque<Waiting> waiting;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    waiting.swap(queue_);
  }
  stop_.request_stop();
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  for (const Waiting& look : waiting) look.done(Finding::kUnknown, kCancelled);
}

void NodeProbe::Start(ports::ProbeRequest request, Done done) {
  if (!ports::RunsInNode(request.check)) return others_->Start(std::move(request), std::move(done));
  std::string failed;
  {
    const std::lock_guard lock(mutex_);
    if (!ended_) {
      queue_.push_back({std::move(request), std::move(done)});
      if (queue_.size() > idle_ && threads_.size() < kMostThreads) {
        auto thread = base::StartQuietThread([this] { Work(); });
        if (thread) threads_.push_back(std::move(*thread));
        if (threads_.empty()) failed = thread.error().message;
      }
      if (failed.empty()) return changed_.notify_one();
      done = std::move(queue_.back().done);
      queue_.pop_back();
    } else {
      failed = kCancelled;
    }
  }
  done(Finding::kUnknown, failed);
}

void NodeProbe::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    changed_.wait(lock, [this] { return ended_ || !queue_.empty(); });
    --idle_;
    if (ended_) return;
    const Waiting next = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    Look(next);
    lock.lock();
  }
}

base::Result<NodePlace> NodeProbe::PlaceOf(const ports::ProbeRequest& request) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = places_.find(request.revision); known != places_.end()) return known->second;
  }
  auto place = find_(request);
  if (!place) return place;
  const std::lock_guard lock(mutex_);
  places_.insert_or_assign(request.revision, *place);
  return place;
}

void NodeProbe::Look(const Waiting& waiting) {
  const ports::ProbeRequest& request = waiting.request;
  const auto place = PlaceOf(request);
  if (!place) return waiting.done(Finding::kUnknown, place.error().message);
  ports::ExecRequest run;
  run.instance_id = request.instance_id;
  run.scope_config = place->scope_config;
  run.command = request.check.command;
  run.environment = request.environment;
  ports::CallContext context;
  context.timeout = request.check.timeout;
  context.stop = stop_.get_token();
  const auto result = place->exec->Run(run, context);
  auto [finding, evidence] = result ? Judge(*result) : Judge(result.error(), request.check.timeout);
  waiting.done(finding, std::move(evidence));
}

}  // namespace kadende::cli
