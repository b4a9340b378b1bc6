#include "providers/probe/spawner.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "providers/probe/spawn.h"

namespace kadende::providers::probe {
namespace {

constexpr std::size_t kMostThreads = 8;

struct Waiting {
  std::uint64_t id = 0;
  ToSpawn what;
};

}  // namespace

struct Spawner::Shared {
  std::mutex mutex;
  std::condition_variable changed;
  Loop* loop = nullptr;                  // guarded by mutex; nullptr: the spawner is gone
  std::function<void(pid_t)> late;       // the loop's alone
  std::deque<Waiting> queue;             // guarded by mutex
  std::map<std::uint64_t, Done> open;    // guarded by mutex: asked for, and neither done nor cancelled
  std::map<std::uint64_t, pid_t> begun;  // guarded by mutex: the loop has yet to hear of them
  std::size_t threads = 0;               // guarded by mutex
  std::size_t idle = 0;                  // guarded by mutex

  void Answer(std::uint64_t id, pid_t pid, int error) {
    Done done;
    {
      const std::lock_guard lock(mutex);
      if (loop == nullptr) return;
      begun.erase(id);
      if (const auto found = open.find(id); found != open.end()) {
        done = std::move(found->second);
        open.erase(found);
      }
    }
    if (done) return done(pid, error);
    if (error == 0) late(pid);
  }

  static void Work(const std::shared_ptr<Shared>& shared) {
    std::unique_lock lock(shared->mutex);
    while (shared->loop != nullptr) {
      if (shared->queue.empty()) {
        ++shared->idle;
        shared->changed.wait(lock);
        --shared->idle;
        continue;
      }
      const Waiting next = std::move(shared->queue.front());
      shared->queue.pop_front();
      lock.unlock();
      pid_t pid = 0;
      const ToSpawn& what = next.what;
      const int error = Spawn(what.command, what.environment, what.directory, what.output, &pid);
      ::close(what.output);
      lock.lock();
      if (shared->loop == nullptr) {
        if (error == 0) End(pid);
        return;
      }
      if (error == 0) shared->begun.emplace(next.id, pid);
      shared->loop->Post([shared, id = next.id, pid, error] { shared->Answer(id, pid, error); });
    }
  }

  static void End(pid_t pid) {
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
};

Spawner::Spawner(Loop& loop, std::function<void(pid_t)> late) : shared_(std::make_shared<Shared>()) {
  shared_->loop = &loop;
  shared_->late = std::move(late);
}

std::vector<pid_t> Spawner::Close() {
  const std::lock_guard lock(shared_->mutex);
  shared_->loop = nullptr;
  std::vector<pid_t> begun;
  for (const auto& [id, pid] : shared_->begun) begun.push_back(pid);
  shared_->begun.clear();
  for (const Waiting& waiting : shared_->queue) ::close(waiting.what.output);
  shared_->queue.clear();
  shared_->open.clear();
  shared_->changed.notify_all();
  return begun;
}

std::uint64_t Spawner::Start(ToSpawn what, Done done) {
  const std::uint64_t id = ++next_;
  const std::lock_guard lock(shared_->mutex);
  shared_->open.emplace(id, std::move(done));
  shared_->queue.push_back({id, std::move(what)});
  shared_->changed.notify_one();
  // A thread that was woken is idle until it runs: what counts is whether each start has one.
  if (shared_->queue.size() > shared_->idle && shared_->threads < kMostThreads) StartThread(id);
  return id;
}

void Spawner::StartThread(std::uint64_t for_start) {
  try {
    std::thread(Shared::Work, shared_).detach();  // with all signals blocked, as the prober's own
    ++shared_->threads;
  } catch (const std::system_error&) {
    if (shared_->threads > 0) return;  // one of them starts it, later
    ::close(shared_->queue.back().what.output);
    shared_->queue.pop_back();
    shared_->loop->Post([shared = shared_, id = for_start] { shared->Answer(id, 0, EAGAIN); });
  }
}

void Spawner::Cancel(std::uint64_t start) {
  const std::lock_guard lock(shared_->mutex);
  shared_->open.erase(start);
  std::erase_if(shared_->queue, [start](const Waiting& waiting) {
    if (waiting.id != start) return false;
    ::close(waiting.what.output);
    return true;
  });
}

}  // namespace kadende::providers::probe
