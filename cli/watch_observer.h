// What watch and reconcile say: one line (or with --json one object) on stdout for each lasting change, from any
// thread. `-v` logs everything on stderr instead.
#pragma once

#include <memory>
#include <mutex>

#include "cli/console.h"
#include "cli/view/json_events.h"
#include "engine/ports/observer.h"

namespace kadende::cli {

class WatchObserver : public ports::Observer {
 public:
  // `with_cluster`: several clusters speak.
  WatchObserver(Console& console, bool with_cluster);

  void OnEvent(const model::Event& event) override;
  // Something that the daemon itself has to say of a cluster. Repetitions are for the caller to leave out.
  void Say(const model::Event& event) { OnEvent(event); }

 private:
  const bool with_cluster_;
  std::mutex mutex_;
  Console& console_;                      // guarded by mutex_
  std::unique_ptr<ports::Observer> log_;  // guarded by mutex_
  std::unique_ptr<JsonEvents> json_;      // guarded by mutex_
};

}  // namespace kadende::cli
