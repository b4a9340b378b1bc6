#include "providers/plugin/loader/workers.h"

#include <exception>
#include <utility>

#include "engine/base/json.h"
#include "engine/base/text.h"

namespace kadende::providers::plugin {
namespace {

Output* the_output = nullptr;  // set once, before the plugin is called

std::string Text(const char* text) {
  return text == nullptr ? std::string() : text;
}

void Fail(kadende_call* call, const char* code, const char* effect, const char* message) {
  if (call->answered.exchange(true)) return;
  the_output->Error(call->id, code == nullptr ? "internal" : code, Text(effect), Text(message));
}

void Answer(kadende_call* call, const char* result) {
  const std::string text = Text(result);
  const auto parsed = base::ParseJson(text);
  if (!parsed || !parsed->is_object()) {
    const std::string why = "the plugin answered `" + call->method + "` with what is no JSON object";
    return Fail(call, "internal", "possible", why.c_str());
  }
  if (call->answered.exchange(true)) return;
  the_output->Result(call->id, base::Canonical(*parsed));  // on one line, whatever the plugin wrote
}

int Cancelled(const kadende_call* call) {
  return call->cancelled ? 1 : 0;
}

void Log(const char* level, const char* message) {
  the_output->Notification(
      "log", R"({"level":)" + base::QuoteJson(Text(level)) + R"(,"message":)" + base::QuoteJson(Text(message)) + "}");
}

void Progress(const kadende_call* call, const char* message, double fraction) {
  std::string params = R"({"id":)" + call->id + R"(,"message":)" + base::QuoteJson(Text(message));
  if (fraction >= 0) params += R"(,"fraction":)" + base::Json(fraction).dump();
  the_output->Notification("progress", params + "}");
}

constexpr kadende_host kHost = {sizeof(kadende_host), Answer, Fail, Cancelled, Log, Progress};

}  // namespace

Workers::Workers(const kadende_plugin_functions& plugin, std::size_t most, Output& output)
    : plugin_(plugin), most_(most), output_(output) {
  the_output = &output_;
}

const kadende_host& Workers::Host() {
  return kHost;
}

void Workers::Start(std::string id, std::string method, std::string params) {
  auto call = std::make_shared<kadende_call>();
  call->id = std::move(id);
  call->method = std::move(method);
  call->params = std::move(params);
  const std::lock_guard lock(mutex_);
  open_[call->id] = call;
  queue_.push_back(std::move(call));
  if (queue_.size() > idle_ && threads_.size() < most_) threads_.emplace_back([this] { Work(); });
  changed_.notify_one();
}

void Workers::Cancel(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(id);
  if (found != open_.end()) found->second->cancelled = true;
}

void Workers::Finish() {
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Workers::Work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    changed_.wait(lock, [this] { return finished_ || !queue_.empty(); });
    --idle_;
    if (queue_.empty()) return;
    const Call call = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    Make(*call);
    lock.lock();
    open_.erase(call->id);
  }
}

// Whatever a plugin throws ends here: it could go nowhere else. It may have been at any point, so an effect is
// possible.
void Workers::Make(kadende_call& call) {
  std::string thrown;
  try {
    plugin_.call(&call, call.method.c_str(), call.params.c_str());
  } catch (const std::exception& exception) {
    thrown = std::string("it threw: ") + exception.what();
  } catch (...) {
    thrown = "it threw something that is no std::exception";
  }
  if (call.answered) return;
  const std::string why =
      "`" + call.method + "` ended without an answer" + (thrown.empty() ? std::string() : "; " + thrown);
  Fail(&call, "internal", "possible", why.c_str());
}

}  // namespace kadende::providers::plugin
