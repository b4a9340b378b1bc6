#include "providers/probe/prober.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/base/thread.h"
#include "providers/probe/http_client.h"
#include "providers/probe/look.h"
#include "providers/probe/loop.h"
#include "providers/probe/programs.h"
#include "providers/probe/resolver.h"
#include "providers/probe/tcp_look.h"

namespace kadende::providers {
namespace {

constexpr rlim_t kReserve = 256;   // descriptors for the rest of the process
constexpr rlim_t kPerProgram = 3;  // output, process, and one in passing
constexpr const char* kCancelled = "cancelled";

// Raises the soft limit of open files as far as `options` need it: no further, for it passes on to every child, and
// older programs take a high one badly. Then lowers `options` to what there is.
void FitDescriptors(ProberOptions* options) {
  options->connections = std::max(options->connections, 1U);
  options->programs = std::max(options->programs, 1U);
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = kReserve + options->connections + kPerProgram * options->programs;
  if (limit.rlim_cur >= wanted) return;
  rlimit raised = limit;
  raised.rlim_cur = std::min(wanted, limit.rlim_max);
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  const rlim_t room = limit.rlim_cur - std::min(kReserve, limit.rlim_cur / 2);
  const rlim_t programs = std::clamp<rlim_t>(room / (2 * kPerProgram), 1, options->programs);
  const rlim_t used = std::min(room, kPerProgram * programs);
  options->programs = static_cast<std::uint32_t>(programs);
  options->connections = static_cast<std::uint32_t>(std::clamp<rlim_t>(room - used, 1, options->connections));
}

std::string AuthoritiesOf(const ProberOptions& options) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the environment is read before others may change it (prober.h)
  const char* set = std::getenv("SSL_CERT_FILE");
  return options.ca_file.empty() && set != nullptr ? std::string(set) : options.ca_file;
}

}  // namespace

// All but Start and the destructor run in the loop's thread.
class Prober::Impl {
 public:
  [[nodiscard]] static base::Result<std::unique_ptr<Impl>> Make(ProberOptions options);
  Impl(const ProberOptions& options, std::unique_ptr<probe::Loop> loop);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void Start(ports::ProbeRequest request, Done done);

 private:
  struct Waiting {
    ports::ProbeRequest request;
    Done done;
  };
  // Looks of one kind: in order of arrival, so many at once.
  struct Lane {
    std::size_t limit = 0;
    std::size_t under_way = 0;
    std::deque<Waiting> queue;
  };
  struct Active {
    std::unique_ptr<probe::Look> look;
    Done done;
    Lane* lane = nullptr;
    probe::Loop::TimerId timer = probe::Loop::kNoTimer;
  };

  [[nodiscard]] base::Status StartThread();
  void Run();
  void Enqueue(Waiting waiting);
  void Pump();
  void StartQueued(Lane& lane);
  void Begin(Lane& lane, Waiting waiting);
  using NewLook = base::Result<std::unique_ptr<probe::Look>>;
  [[nodiscard]] NewLook MakeLook(ports::ProbeRequest request, probe::Look::Finish finish);
  [[nodiscard]] NewLook MakeHttpLook(model::HealthCheck check, probe::Look::Finish finish);
  void Finish(std::uint64_t id, probe::Outcome outcome);
  void CancelAll();

  // Constant after construction.
  const std::string ca_file_;
  const std::unique_ptr<probe::Loop> loop_;
  probe::Resolver resolver_;
  probe::Programs running_;
  // Of the loop's thread.
  std::unique_ptr<probe::HttpClient> http_;  // nullptr: no http look has been made yet
  Lane connections_;
  Lane programs_;
  std::unordered_map<std::uint64_t, Active> active_;
  std::vector<std::unique_ptr<probe::Look>> ended_;  // destroyed when none of them is being called
  std::uint64_t next_id_ = 0;

  std::thread thread_;
};

base::Result<std::unique_ptr<Prober::Impl>> Prober::Impl::Make(ProberOptions options) {
  FitDescriptors(&options);
  auto loop = probe::Loop::Make();
  if (!loop) return tl::unexpected(loop.error());
  auto impl = std::make_unique<Impl>(options, std::move(*loop));
  if (base::Status started = impl->StartThread(); !started) return tl::unexpected(started.error());
  return impl;
}

Prober::Impl::Impl(const ProberOptions& options, std::unique_ptr<probe::Loop> loop)
    : ca_file_(AuthoritiesOf(options)),
      loop_(std::move(loop)),
      resolver_(*loop_, probe::Resolving()),
      running_(*loop_, options.programs) {
  connections_.limit = options.connections;
  programs_.limit = options.programs;
}

Prober::Impl::~Impl() {
  if (!thread_.joinable()) return;
  loop_->Stop();
  thread_.join();
}

base::Status Prober::Impl::StartThread() {
  auto started = base::StartQuietThread([this] { Run(); });
  if (!started) return base::Wrap(started.error(), "health checks cannot begin");
  thread_ = std::move(*started);
  return {};
}

void Prober::Impl::Run() {
  loop_->Run([this] { Pump(); });
  // What `done` starts in turn is posted.
  do {
    CancelAll();
  } while (loop_->RunPosted());
}

void Prober::Impl::Start(ports::ProbeRequest request, Done done) {
  loop_->Post(
      [this, waiting = Waiting{std::move(request), std::move(done)}]() mutable { Enqueue(std::move(waiting)); });
}

void Prober::Impl::Enqueue(Waiting waiting) {
  Lane& lane = waiting.request.check.type == model::CheckType::kExec ? programs_ : connections_;
  lane.queue.push_back(std::move(waiting));
}

void Prober::Impl::Pump() {
  ended_.clear();
  StartQueued(connections_);
  StartQueued(programs_);
}

void Prober::Impl::StartQueued(Lane& lane) {
  while (lane.under_way < lane.limit && !lane.queue.empty()) {
    Waiting next = std::move(lane.queue.front());
    lane.queue.pop_front();
    Begin(lane, std::move(next));
    ended_.clear();  // a look that ended at once gives its descriptors back before the next one begins
  }
}

void Prober::Impl::Begin(Lane& lane, Waiting waiting) {
  const std::uint64_t id = ++next_id_;
  const auto due = probe::Clock::now() + waiting.request.check.timeout;
  auto look =
      MakeLook(std::move(waiting.request), [this, id](probe::Outcome outcome) { Finish(id, std::move(outcome)); });
  if (!look) return waiting.done(model::Finding::kUnknown, probe::Shorten(look.error().message));
  probe::Look* begun = look->get();
  Active& active = active_[id];
  active.look = std::move(*look);
  active.done = std::move(waiting.done);
  active.lane = &lane;
  active.timer = loop_->At(due, [this, id, begun, due] {
    auto held_up = probe::HeldUp(due);
    Finish(id, held_up ? std::move(*held_up) : begun->Expire());
  });
  ++lane.under_way;
  begun->Begin();
}

Prober::Impl::NewLook Prober::Impl::MakeLook(ports::ProbeRequest request, probe::Look::Finish finish) {
  switch (request.check.type) {
    case model::CheckType::kTcp:
      return std::make_unique<probe::TcpLook>(*loop_, resolver_, request.check, std::move(finish));
    case model::CheckType::kHttp:
      return MakeHttpLook(std::move(request.check), std::move(finish));
    case model::CheckType::kExec:
      return running_.NewLook(std::move(request), std::move(finish));
    case model::CheckType::kProvider:
    case model::CheckType::kHeartbeat:
    case model::CheckType::kPushed:
      break;
  }
  return base::Fail(base::ErrorCode::kInvalid, "no look of this kind is made from here");
}

Prober::Impl::NewLook Prober::Impl::MakeHttpLook(model::HealthCheck check, probe::Look::Finish finish) {
  if (!http_) {
    auto made = probe::HttpClient::Make(*loop_, resolver_, ca_file_);
    if (!made) return tl::unexpected(made.error());
    http_ = std::move(*made);
  }
  return http_->NewLook(std::move(check), std::move(finish));
}

void Prober::Impl::Finish(std::uint64_t id, probe::Outcome outcome) {
  const auto found = active_.find(id);
  if (found == active_.end()) return;
  Active active = std::move(found->second);
  active_.erase(found);
  loop_->Cancel(&active.timer);
  --active.lane->under_way;
  ended_.push_back(std::move(active.look));
  active.done(outcome.finding, std::move(outcome.evidence));
}

void Prober::Impl::CancelAll() {
  for (Lane* lane : {&connections_, &programs_}) {
    std::deque<Waiting> queue;
    queue.swap(lane->queue);
    for (Waiting& waiting : queue) waiting.done(model::Finding::kUnknown, kCancelled);
  }
  while (!active_.empty()) Finish(active_.begin()->first, {model::Finding::kUnknown, kCancelled});
  ended_.clear();
}

base::Result<std::unique_ptr<Prober>> Prober::Make(ProberOptions options) {
  auto impl = Impl::Make(std::move(options));
  if (!impl) return tl::unexpected(impl.error());
  return std::unique_ptr<Prober>(new Prober(std::move(*impl)));
}

Prober::Prober(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Prober::~Prober() = default;

void Prober::Start(ports::ProbeRequest request, Done done) {
  impl_->Start(std::move(request), std::move(done));
}

}  // namespace kadende::providers
