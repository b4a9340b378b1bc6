// Calls that block and cannot be interrupted, away from the loop: to look up a name, to start a program from a file
// system that hangs.
//
// They run on a few threads, which begin when they are first needed. A thread that is inside a call is never waited
// for: where all of them hang, what is asked waits until who asked gives up.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "providers/probe/loop.h"

namespace kadende::providers::probe {

inline constexpr std::size_t kMostBlockingThreads = 8;  // of each kind of call

// What is common to all calls of one kind. `unwanted` and `orphaned` are for answers that have to be cleared away.
template <class Task, class Answer>
struct BlockingKind {
  std::function<Answer(Task)> call;      // on a thread
  Answer no_thread;                      // the answer where not one thread can be had
  std::function<void(Answer)> unwanted;  // in the loop: it was cancelled while it was under way; may be empty
  std::function<void(Answer)> orphaned;  // on the thread: all was closed meanwhile; may be empty
};

// For the loop's own thread.
template <class Task, class Answer>
class BlockingCalls {
 public:
  using Done = std::function<void(Answer)>;

  BlockingCalls(Loop& loop, BlockingKind<Task, Answer> kind) : shared_(std::make_shared<Shared>()) {
    shared_->loop = &loop;
    shared_->kind = std::move(kind);
  }
  ~BlockingCalls() { (void)Close(); }
  BlockingCalls(const BlockingCalls&) = delete;
  BlockingCalls& operator=(const BlockingCalls&) = delete;

  // `done` is called from the loop, never from within Ask.
  std::uint64_t Ask(Task task, Done done) {
    const std::uint64_t id = ++last_;
    const std::lock_guard lock(shared_->mutex);
    shared_->open.emplace(id, std::move(done));
    shared_->queue.emplace(id, std::move(task));
    shared_->changed.notify_one();
    // A thread that was woken is idle until it runs: what counts is whether each call has one.
    if (shared_->queue.size() > shared_->idle && shared_->threads < kMostBlockingThreads) StartThread(id);
    return id;
  }

  void Cancel(std::uint64_t id) {  // of one that is answered: nothing
    const std::lock_guard lock(shared_->mutex);
    shared_->open.erase(id);
    shared_->queue.erase(id);
  }

  // Nothing is answered any more. Gives back the answers that nobody has heard.
  std::vector<Answer> Close() {
    const std::lock_guard lock(shared_->mutex);
    shared_->loop = nullptr;
    std::vector<Answer> unheard;
    for (auto& [id, answer] : shared_->arrived) unheard.push_back(std::move(answer));
    shared_->arrived.clear();
    shared_->queue.clear();
    shared_->open.clear();
    shared_->changed.notify_all();
    return unheard;
  }

 private:
  struct Shared {
    BlockingKind<Task, Answer> kind;  // constant
    std::mutex mutex;
    std::condition_variable changed;
    Loop* loop = nullptr;                     // guarded by mutex; nullptr: closed
    std::map<std::uint64_t, Task> queue;      // guarded by mutex, as all below; in the order of asking
    std::map<std::uint64_t, Done> open;       // asked, and neither answered nor cancelled
    std::map<std::uint64_t, Answer> arrived;  // the loop has yet to hear of them
    std::size_t threads = 0;
    std::size_t idle = 0;
  };

  static void Work(const std::shared_ptr<Shared>& shared) {
    std::unique_lock lock(shared->mutex);
    while (shared->loop != nullptr) {
      if (shared->queue.empty()) {
        ++shared->idle;
        shared->changed.wait(lock);
        --shared->idle;
        continue;
      }
      auto next = shared->queue.extract(shared->queue.begin());
      lock.unlock();
      Answer answer = shared->kind.call(std::move(next.mapped()));
      lock.lock();
      if (shared->loop != nullptr) {
        Arrive(shared, next.key(), std::move(answer));
      } else if (shared->kind.orphaned) {
        shared->kind.orphaned(std::move(answer));
      }
    }
  }

  // The loop hears it as a posted call, which looks again whether somebody still waits. With the lock held.
  static void Arrive(const std::shared_ptr<Shared>& shared, std::uint64_t id, Answer answer) {
    shared->arrived.emplace(id, std::move(answer));
    shared->loop->Post([shared, id] { Tell(*shared, id); });
  }

  static void Tell(Shared& shared, std::uint64_t id) {
    std::unique_lock lock(shared.mutex);
    if (shared.loop == nullptr) return;
    Answer answer = std::move(shared.arrived.extract(id).mapped());
    const auto done = shared.open.extract(id);
    lock.unlock();
    if (!done.empty()) {
      done.mapped()(std::move(answer));
    } else if (shared.kind.unwanted) {
      shared.kind.unwanted(std::move(answer));
    }
  }

  void StartThread(std::uint64_t for_call) {  // with the lock held
    try {
      std::thread(Work, shared_).detach();  // with all signals blocked, as the prober's own
      ++shared_->threads;
    } catch (const std::system_error&) {
      if (shared_->threads > 0) return;  // one of them takes it, later
      shared_->queue.erase(for_call);
      Arrive(shared_, for_call, shared_->kind.no_thread);
    }
  }

  // Shared with the threads, which may have to outlive the calls.
  const std::shared_ptr<Shared> shared_;
  std::uint64_t last_ = 0;
};

}  // namespace kadende::providers::probe
