#include "providers/probe/resolver.h"

#include <netdb.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace kadende::providers::probe {
namespace {

constexpr std::size_t kMostThreads = 8;
constexpr std::size_t kMostEndpoints = 4;

struct Question {
  std::uint64_t id = 0;
  std::string host;
  std::string port;
};

Resolved LookUp(const Question& question) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(question.host.c_str(), question.port.c_str(), &hints, &list);
  Resolved resolved;
  if (error != 0) {
    resolved.error = error == EAI_SYSTEM ? std::system_category().message(errno) : ::gai_strerror(error);
    return resolved;
  }
  for (const addrinfo* entry = list; entry != nullptr && resolved.endpoints.size() < kMostEndpoints;
       entry = entry->ai_next) {
    if (entry->ai_addrlen > sizeof(sockaddr_storage)) continue;
    Endpoint& endpoint = resolved.endpoints.emplace_back();
    endpoint.length = entry->ai_addrlen;
    std::memcpy(&endpoint.address, entry->ai_addr, entry->ai_addrlen);
  }
  ::freeaddrinfo(list);
  if (resolved.endpoints.empty()) resolved.error = "no address";
  return resolved;
}

}  // namespace

struct Resolver::Shared {
  std::mutex mutex;
  std::condition_variable changed;
  Loop* loop = nullptr;                   // guarded by mutex; nullptr: the resolver is gone
  std::deque<Question> questions;         // guarded by mutex
  std::map<std::uint64_t, Done> waiting;  // guarded by mutex: asked, and neither answered nor cancelled
  std::size_t threads = 0;                // guarded by mutex
  std::size_t idle = 0;                   // guarded by mutex

  void Answer(std::uint64_t id, Resolved resolved) {
    Done done;
    {
      const std::lock_guard lock(mutex);
      const auto found = waiting.find(id);
      if (found == waiting.end()) return;
      done = std::move(found->second);
      waiting.erase(found);
    }
    done(std::move(resolved));
  }

  // The loop hears the answer as a posted call, which looks again whether somebody still waits.
  static void Work(const std::shared_ptr<Shared>& shared) {
    std::unique_lock lock(shared->mutex);
    while (shared->loop != nullptr) {
      if (shared->questions.empty()) {
        ++shared->idle;
        shared->changed.wait(lock);
        --shared->idle;
        continue;
      }
      const Question question = std::move(shared->questions.front());
      shared->questions.pop_front();
      if (!shared->waiting.contains(question.id)) continue;
      lock.unlock();
      Resolved resolved = LookUp(question);
      lock.lock();
      if (shared->loop == nullptr) break;
      shared->loop->Post([shared, id = question.id, resolved = std::move(resolved)] { shared->Answer(id, resolved); });
    }
  }
};

Resolver::Resolver(Loop& loop) : shared_(std::make_shared<Shared>()) {
  shared_->loop = &loop;
}

Resolver::~Resolver() {
  const std::lock_guard lock(shared_->mutex);
  shared_->loop = nullptr;
  shared_->questions.clear();
  shared_->waiting.clear();
  shared_->changed.notify_all();
}

std::uint64_t Resolver::Ask(const std::string& host, const std::string& port, Done done) {
  const std::uint64_t id = ++next_;
  const std::lock_guard lock(shared_->mutex);
  shared_->waiting.emplace(id, std::move(done));
  shared_->questions.push_back({id, host, port});
  shared_->changed.notify_one();
  // A thread that was woken is idle until it runs: what counts is whether each question has one.
  if (shared_->questions.size() > shared_->idle && shared_->threads < kMostThreads) StartThread(id);
  return id;
}

void Resolver::StartThread(std::uint64_t for_question) {
  try {
    std::thread(Shared::Work, shared_).detach();  // with all signals blocked, as the prober's own
    ++shared_->threads;
  } catch (const std::system_error&) {
    if (shared_->threads > 0) return;  // one of them answers, later
    shared_->questions.pop_back();
    shared_->loop->Post([shared = shared_, id = for_question] {
      shared->Answer(id, {{}, "no thread left to look the name up with"});
    });
  }
}

void Resolver::Cancel(std::uint64_t question) {
  const std::lock_guard lock(shared_->mutex);
  shared_->waiting.erase(question);
}

}  // namespace kadende::providers::probe
