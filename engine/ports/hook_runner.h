// Runs what users attached to the lives of their nodes: programs and requests. Implementation: providers/hook.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/model/hook.h"
#include "engine/ports/provider.h"

namespace kadende::ports {

// What a hook is told: as variables of its environment, or as the JSON body of a request.
struct HookFacts {
  std::string point;  // "post_create", "drain"
  std::string cluster;
  std::string lineage;
  std::string group;
  std::string node;  // model::NodeName
  std::uint32_t ordinal = 0;
  std::string logical_id;  // empty: none
  std::uint32_t incarnation = 0;
  std::string instance_id;        // empty before there is one
  std::string address;            // empty: none known
  std::string attributes = "{}";  // kept attributes, canonical JSON
  std::string reason;             // model::ReasonName
  std::string run_id;             // of the run, and of the plan that it carries out
};

class HookRunner {
 public:
  virtual ~HookRunner() = default;

  // Blocks until the hook has ended, or `hook.timeout` has passed without a sign of life, or `context` ends it: then
  // whatever it started has been killed. Texts of `hook` have no ${...} left. The Error's message says what was run and
  // the last that it said (foreign text). kUnavailable: not yet, worth asking again (exit code 75, status 503);
  // kTimeout, kCancelled; any other: it failed. Thread-safe.
  [[nodiscard]] virtual base::Status Run(const model::Hook& hook, const HookFacts& facts,
                                         const CallContext& context) = 0;
};

}  // namespace kadende::ports
