// One action on its way to a worker and back: what the coordinator fills in, and what the provider answered.
//
// Ownership: the coordinator owns all jobs; a worker has one to itself between taking and finishing it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/expression.h"
#include "engine/model/identity.h"
#include "engine/model/instance.h"
#include "engine/model/plan.h"
#include "engine/ports/hook_runner.h"
#include "engine/ports/provider.h"

namespace kadende::apply {

// What all nodes of one revision of one group share. Made once per revision; constant while workers run.
struct RevisionContext {
  ports::Provider* provider = nullptr;
  std::uint32_t lane = 0;  // of the worker pool: one per provider
  bool idempotent = false;
  bool keeps_attributes = false;
  base::Digest revision;
  std::string scope_config = "{}";
  std::vector<std::pair<std::string, std::string>> labels;
  std::optional<model::PropertyTemplate> properties;  // absent where no create or update needs it
  std::string constant_properties;          // rendered once; empty where they depend on the node, or hold secrets
  const model::Secrets* secrets = nullptr;  // null: the properties use none
  std::string marks;                        // NodeRecord::secrets of what is made now
};

enum class JobKind : std::uint8_t {
  kCreate,
  kUpdate,
  kDestroy,
  kFind,           // look for a token by listing
  kAdopt,          // mark an instance that a person adopted as ours
  kGate,           // wait for health; a worker asks the provider about the instance
  kHook,           // a hook of the job's stage
  kCreateDestroy,  // settles an intent that is not wanted: the create is repeated, and what it gives is destroyed
};

// Where hooks stand in a create or a destroy.
enum class HookStage : std::uint8_t {
  kNone,
  kBeforeCreate,
  kConfigure,
  kBeforeDestroy,  // drain included
  kAfterDestroy,
  kOnFailure,
};

struct HookRun {
  model::Hook hook;  // ${node...} unfilled
  std::string point;
  base::Millis limit{};        // no attempt begins after it
  base::Millis most{};         // of one attempt, whatever signs of life it shows
  bool until_success = false;  // a failure is a "not yet"
};

struct Job {
  // Set by the coordinator.
  model::ActionId action = 0;
  JobKind kind = JobKind::kCreate;
  const RevisionContext* context = nullptr;
  const std::string* group = nullptr;  // path; lives as long as the plan
  model::Slot slot;
  std::uint32_t incarnation = 0;
  model::Token token;
  std::vector<std::string> gated;  // kGate: instances that the provider is asked about
  std::string instance_id;         // kUpdate, kDestroy, kAdopt
  model::Reason reason = model::Reason::kRequested;
  base::Millis timeout{};
  std::string secrets;  // NodeRecord::secrets of what the call makes

  // kHook.
  HookStage stage = HookStage::kNone;
  JobKind next = JobKind::kCreate;  // what comes after the stage
  std::vector<HookRun> hooks;       // of the stage, one after the other
  std::size_t hook = 0;             // the one at hand
  base::TimePoint hook_since{};     // its first attempt
  ports::HookFacts facts;
  std::string failure;  // kOnFailure: what the action came to

  // Set by the worker.
  bool refused = false;              // the run stops, or its lease can no longer be trusted: the call was not made
  std::optional<base::Error> error;  // none: it succeeded
  bool found = false;                // kFind: `instance` is it
  std::string scope;
  model::Instance instance;  // kCreate, kUpdate, kFind; attributes are already cut down to the kept ones
  std::vector<ports::Description> described;  // kGate: in the order of `gated`

  // The coordinator's notes between attempts.
  bool told = false;             // that a worker has it
  std::uint32_t attempts = 0;    // calls made for this action
  bool settles = false;          // the intent is an earlier run's
  bool uncertain = false;        // some call may have had its effect: the intent may not be cleared by a failure
  bool to_be_destroyed = false;  // kFind for an intent that is not wanted
  bool renew = false;            // the settled instance had ended: once it is cleared away, a new incarnation is made
  bool stray = false;            // a destroy without a row
  bool was_live = false;         // this destroy marked the row kLeaving
  std::uint32_t misses = 0;      // listings that lacked the token
  base::TimePoint written_at{};  // of the intent
  std::optional<base::Error> create_error;  // kFind: why the repeated create gave nothing
};

}  // namespace kadende::apply
