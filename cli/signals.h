// Ctrl-C, SIGTERM and SIGHUP as stop tokens; SIGHUP as a request to reload for whoever wants that.
//
// First signal: `drain` (start nothing more, wait for what runs). Second: `abort` (leave; open intents are settled by
// the next run), and where leaving takes longer than a few seconds the process ends with code 130. Handlers do nothing
// but write a byte into a pipe; a thread reads it. Nothing is blocked or ignored in a way that children would inherit:
// handlers fall away at exec.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <thread>

namespace kadende::cli {

// Makes writing to a closed pipe an error (EPIPE) instead of the end of the process, and stdin, stdout and stderr open,
// so that no file that is opened later gets their numbers. Once, at the start of main.
void PrepareProcess();

// At most one at a time. While it lives it receives the signals; before and after they end the process as usual.
class Signals {
 public:
  // `say` is called from another thread with the line for each signal ("Interrupted: ..."); may be empty.
  struct Words {
    std::string first;
    std::string second;
  };
  // `on_hangup`, where there is one, is called from that thread too and takes SIGHUP in place of a stop, unless the
  // terminal that this process was started on is what hung up: nobody is left to stop it then.
  Signals(Words words, std::function<void(const std::string&)> say, std::function<void()> on_hangup = {});
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  [[nodiscard]] std::stop_token drain() const { return drain_.get_token(); }
  [[nodiscard]] std::stop_token abort() const { return abort_.get_token(); }
  [[nodiscard]] bool interrupted() const { return drain_.stop_requested(); }

 private:
  void Watch();
  [[nodiscard]] bool TerminalGone() const;

  const Words words_;
  const std::function<void(const std::string&)> say_;
  const std::function<void()> on_hangup_;
  const int terminal_;  // a descriptor that was a terminal at the start; -1: none
  std::stop_source drain_;
  std::stop_source abort_;
  int pipe_read_ = -1;
  int pipe_write_ = -1;
  std::thread thread_;
};

}  // namespace kadende::cli
