// What plugins say beside their answers (notifications, standard error), on its way to whoever shows it: the live lines
// of a run, else standard error. Foreign text is escaped here, and bounded: a plugin that never stops is cut short.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "cli/console.h"
#include "engine/base/time.h"
#include "providers/plugin/plugin_provider.h"

namespace kadende::cli {

// Thread-safe. The console must outlive it.
class PluginEar {
 public:
  explicit PluginEar(Console& console) : console_(console) {}

  // From any thread of a plugin. Warnings and errors are told; with --verbose everything else, too, except for the
  // progress of calls, which goes to those who called (ports::CallContext).
  void Hear(const providers::plugin::PluginNote& note);

  // While it lives, lines go to `listener` instead of standard error, one at a time. There is one at a time.
  using Listener = std::function<void(const std::string& line)>;
  class Listening {
   public:
    Listening(PluginEar* ear, Listener listener);  // null: nobody hears anything
    Listening(const Listening&) = delete;
    Listening& operator=(const Listening&) = delete;
    ~Listening();

   private:
    PluginEar* const ear_;
  };

 private:
  struct Said {
    base::Millis since{};  // the minute that is counted
    std::size_t lines = 0;
  };
  void Tell(const std::string& line);  // with the lock held

  Console& console_;
  std::mutex mutex_;
  Listener listener_;                 // guarded by mutex_
  std::map<std::string, Said> said_;  // guarded by mutex_; by plugin
};

}  // namespace kadende::cli
