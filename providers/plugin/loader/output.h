// What the loader sends: whole lines, from any thread.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

namespace kadende::providers::plugin {

class Output {
 public:
  // Keeps standard output for messages: what the plugin prints there goes to standard error.
  Output();

  void Result(const std::string& id, std::string_view result);
  // `effect` empty: not said.
  void Error(const std::string& id, std::string_view code, std::string_view effect, std::string_view message);
  void UnknownMethod(const std::string& id, std::string_view method);
  void Notification(std::string_view method, const std::string& params);

 private:
  void Send(const std::string& line);

  std::mutex mutex_;
  int fd_ = -1;
};

}  // namespace kadende::providers::plugin
