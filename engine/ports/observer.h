// Receives the engine's events as they happen. Views and loggers implement it. Calls come from one thread at a time, in
// order; an observer must return quickly and must not call back into the engine.
#pragma once

#include "engine/model/event.h"

namespace kadende::ports {

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void OnEvent(const model::Event& event) = 0;
};

}  // namespace kadende::ports
