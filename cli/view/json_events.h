// Newline-delimited JSON for programs (`--json`): one object a line, each with "type". Types and fields are listed in
// README.md; fields may be added, never renamed.
#pragma once

#include <string>

#include "cli/view/sink.h"
#include "engine/apply/executor.h"
#include "engine/base/diagnostics.h"
#include "engine/model/plan.h"
#include "engine/ports/history.h"
#include "engine/ports/observer.h"

namespace kadende::cli {

// Not thread-safe: called by one thread at a time.
class JsonEvents : public ports::Observer {
 public:
  explicit JsonEvents(Sink sink) : sink_(std::move(sink)) {}

  void Version(const std::string& tool_version);           // {"type":"version",...}: first line of every stream
  void OnEvent(const model::Event& event) override;        // {"type":"event",...}
  void Plan(const model::Plan& plan);                      // {"type":"plan",...}: model::PlanToJson inside
  void Diagnostics(const base::Diagnostics& diagnostics);  // {"type":"diagnostic",...} each
  void Result(const model::Plan& plan, const apply::ExecuteResult& result);  // {"type":"result",...}
  void Published(const ports::PublishResult& published);                     // {"type":"published",...}
  void Error(const base::Error& error);                                      // {"type":"error",...}

 private:
  Sink sink_;
};

}  // namespace kadende::cli
