// A HealthProbe that records what it is asked and answers when the test says so: each look stays under way until
// Answer. Thread-safe; `done` is called by the thread that answers, outside of locks.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "engine/ports/health_probe.h"

namespace kadende::tests {

class FakeProbe : public ports::HealthProbe {
 public:
  FakeProbe() = default;
  FakeProbe(const FakeProbe&) = delete;
  FakeProbe& operator=(const FakeProbe&) = delete;
  // A look that is still under way is cancelled, as ports::HealthProbe wants it.
  ~FakeProbe() override {
    while (AnswerAll(model::Finding::kUnknown, "cancelled") > 0) {
    }
  }

  void Start(ports::ProbeRequest request, Done done) override {
    const std::lock_guard lock(mutex_);
    open_.emplace(requests_.size(), std::move(done));
    requests_.push_back(std::move(request));
  }

  // Answers the look number `look` (in order of their start); false: it is not under way.
  bool Answer(std::size_t look, model::Finding finding, std::string evidence = {}) {
    Done done;
    {
      const std::lock_guard lock(mutex_);
      const auto found = open_.find(look);
      if (found == open_.end()) return false;
      done = std::move(found->second);
      open_.erase(found);
    }
    done(finding, std::move(evidence));
    return true;
  }

  // Answers every look that is under way now, and returns how many there were.
  std::size_t AnswerAll(model::Finding finding, const std::string& evidence = {}) {
    return AnswerEach([&](const ports::ProbeRequest& /*request*/) { return std::pair(finding, evidence); });
  }
  // The same with an answer for each: for a world in which some nodes are ill.
  std::size_t AnswerEach(const std::function<std::pair<model::Finding, std::string>(const ports::ProbeRequest&)>& say) {
    std::size_t answered = 0;
    for (const std::size_t look : UnderWay()) {
      auto [finding, evidence] = say(Request(look));
      if (Answer(look, finding, std::move(evidence))) ++answered;
    }
    return answered;
  }

  // Every request so far, answered or not.
  [[nodiscard]] std::vector<ports::ProbeRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  [[nodiscard]] std::vector<std::size_t> UnderWay() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::size_t> looks;
    looks.reserve(open_.size());
    for (const auto& [look, done] : open_) looks.push_back(look);
    return looks;
  }

 private:
  [[nodiscard]] ports::ProbeRequest Request(std::size_t look) const {
    const std::lock_guard lock(mutex_);
    return requests_[look];
  }

  mutable std::mutex mutex_;
  std::vector<ports::ProbeRequest> requests_;  // guarded by mutex_
  std::map<std::size_t, Done> open_;           // guarded by mutex_; by the number of the request
};

}  // namespace kadende::tests
