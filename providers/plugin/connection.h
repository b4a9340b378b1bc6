// One life of a plugin: its processes, a thread that reads and writes their pipes, and the calls that are under way.
// When the plugin ends, breaks the protocol or hangs, every call fails with what happened, and the connection is dead.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "engine/base/json_fwd.h"
#include "engine/base/result.h"
#include "engine/ports/provider.h"
#include "providers/plugin/last_lines.h"
#include "providers/plugin/line_splitter.h"
#include "providers/plugin/plugin_provider.h"
#include "providers/plugin/process.h"
#include "providers/shim/files.h"

namespace kadende::providers::plugin {

struct Message;

struct Request {
  std::string_view method;
  std::string_view params;   // JSON object, one line
  std::string_view subject;  // name or id of the instance, for progress
  bool changes = false;      // the call may have an effect
  // Held until the plugin has answered, or has ended; also where the caller waits no longer.
  std::shared_ptr<void> claim = {};
};

// Thread-safe.
class Connection {
 public:
  // `options` must outlive the connection.
  [[nodiscard]] static base::Result<std::unique_ptr<Connection>> Open(const std::string& name, const Command& command,
                                                                      const HostOptions& options);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();  // no call may be under way

  // The `result` of the answer. Ends with the call's deadline or stop; the plugin is then told to cancel. What the
  // plugin says of the call meanwhile is handed on, in the caller's thread: the newest words, some times a second.
  [[nodiscard]] base::Result<base::Json> Call(const Request& request, const ports::CallContext& context);

  [[nodiscard]] bool alive() const { return alive_; }
  // What is to be said of an answer whose inside is not as it should be; the plugin goes on.
  [[nodiscard]] base::Error Complaint(const Request& request, const base::Error& what) const;

 private:
  using Clock = std::chrono::steady_clock;
  struct OpenCall;

  Connection(const std::string& name, const HostOptions& options, std::unique_ptr<PluginProcess> process);

  // With the lock held.
  void Send(std::string line);
  [[nodiscard]] bool WasSent(const OpenCall& call) const;
  [[nodiscard]] base::Error GiveUp(std::uint64_t id, const OpenCall& call, const ports::CallContext& context);
  void TellCaller(OpenCall& call, const PluginNote& note) const;

  // The thread's side.
  void Loop();
  void Wait(bool stopping);
  void Write();
  void CloseSide(bool* open, const char* side);
  void ReadErrors();
  [[nodiscard]] bool ReadOutput();  // false: the connection has died of what was read
  void LookForEnd();
  void LookForHang();
  [[nodiscard]] bool Take(std::string_view line);
  void TakeAnswer(Message message);
  void Refuse(const Message& message);
  void TakeNotification(const Message& message);
  void Die(const std::string& how, base::ErrorCode code);
  void Wake() const;

  // Constant after construction.
  const std::string name_;
  const HostOptions& options_;
  const std::unique_ptr<PluginProcess> process_;  // used by the thread alone
  shim::Descriptor wake_;

  // The thread's alone.
  LineSplitter lines_;
  bool input_open_ = true;
  bool output_open_ = true;
  bool errors_open_ = true;
  std::optional<Clock::time_point> closed_at_;  // when the plugin closed its input or output, though it lives
  const char* closed_side_ = "";

  std::atomic<bool> alive_ = true;  // set by the thread
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  bool stopping_ = false;
  std::map<std::uint64_t, OpenCall*> calls_;               // each lives on the stack of its caller
  std::map<std::uint64_t, std::shared_ptr<void>> claims_;  // of calls that nobody waits for any longer
  std::uint64_t last_id_ = 0;
  std::deque<std::string> outbox_;  // lines; of the first, `begun_` bytes are written
  std::size_t begun_ = 0;
  std::uint64_t written_ = 0;  // lines before those of outbox_
  std::size_t outbox_bytes_ = 0;
  std::optional<Clock::time_point> silent_since_;  // a call ran out of time, and nothing was said since
  std::string death_;                              // what it died of; meaningful once not alive
  LastLines errors_;

  std::thread thread_;
};

}  // namespace kadende::providers::plugin
