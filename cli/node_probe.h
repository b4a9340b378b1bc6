// Health checks whose command runs inside the node (`in: node`): a ports::HealthProbe that makes those itself, by the
// Exec ability of the node's provider, and hands on all others.
//
// Such a call blocks, so it has threads of its own, few and only when there are such checks; the prober's loop is never
// held up by them.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/result.h"
#include "engine/ports/exec.h"
#include "engine/ports/health_probe.h"

namespace kadende::cli {

// Where an instance is asked to run something.
struct NodePlace {
  ports::Exec* exec = nullptr;
  std::string scope_config;
};

class NodeProbe : public ports::HealthProbe {
 public:
  // Asked once for a revision; from any thread. What it gives lives as long as the probe.
  using Find = std::function<base::Result<NodePlace>(const ports::ProbeRequest& request)>;

  NodeProbe(std::unique_ptr<ports::HealthProbe> others, Find find);
  // Cancels what waits and what is under way, and waits for it.
  ~NodeProbe() override;
  NodeProbe(const NodeProbe&) = delete;
  NodeProbe& operator=(const NodeProbe&) = delete;

  // `done` of a check in a node runs in one of the threads here.
  void Start(ports::ProbeRequest request, Done done) override;

 private:
  struct Waiting {
    ports::ProbeRequest request;
    Done done;
  };
  void Work();
  void Look(const Waiting& waiting);
  [[nodiscard]] base::Result<NodePlace> PlaceOf(const ports::ProbeRequest& request);

  const Find find_;
  std::stop_source stop_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  bool ended_ = false;
  std::size_t idle_ = 0;
  std::deque<Waiting> queue_;
  std::vector<std::thread> threads_;
  std::map<base::Digest, NodePlace> places_;  // by revision, which says provider and scope

  std::unique_ptr<ports::HealthProbe> others_;
};

}  // namespace kadende::cli
