// The calls of a shared object: threads that make them, and what they may do with a call while it is under way.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "providers/plugin/abi.h"
#include "providers/plugin/loader/output.h"

// What the plugin holds of a call.
struct kadende_call {
  std::string id;  // JSON text, as the host gave it
  std::string method;
  std::string params;
  std::atomic<bool> cancelled = false;
  std::atomic<bool> answered = false;
};

namespace kadende::providers::plugin {

// One per process: the functions of abi.h have nowhere to keep which one.
class Workers {
 public:
  Workers(const kadende_plugin_functions& plugin, std::size_t most, Output& output);
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  [[nodiscard]] static const kadende_host& Host();

  void Start(std::string id, std::string method, std::string params);
  void Cancel(const std::string& id);
  // Until every call is answered.
  void Finish();

 private:
  using Call = std::shared_ptr<kadende_call>;  // of the queue or a thread, and of whoever cancels it

  void Work();
  void Make(kadende_call& call);

  const kadende_plugin_functions& plugin_;
  const std::size_t most_;
  Output& output_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::deque<Call> queue_;
  std::map<std::string, Call> open_;  // by id
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool finished_ = false;
};

}  // namespace kadende::providers::plugin
