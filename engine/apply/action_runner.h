// Step "act": one action -> its provider call. Runs on worker threads; touches nothing but its job, so it is
// thread-safe. Retry, intents and state are the coordinator's.
#pragma once

#include <stop_token>
#include <string>

#include "engine/apply/job.h"

namespace kadende::apply {

class ActionRunner {
 public:
  // What a provider says of a call that takes long; called from the call's thread.
  using Hear = std::function<void(const Job& job, std::string words)>;

  // `cluster`: its name today, for tags and names.
  // `hooks` null: whoever wants one fails.
  ActionRunner(std::string lineage, std::string cluster, ports::HookRunner* hooks, Hear hear)
      : lineage_(std::move(lineage)), cluster_(std::move(cluster)), hooks_(hooks), hear_(std::move(hear)) {}

  // Fills in the job's answer. Never throws: what a provider throws is an internal error whose effect is possible.
  void Run(Job& job, const std::stop_token& stop) const;

 private:
  void Dispatch(Job& job, const ports::CallContext& context) const;
  void Create(Job& job, const ports::CallContext& context) const;
  void Update(Job& job, const ports::CallContext& context) const;
  void Adopt(Job& job, const ports::CallContext& context) const;
  void Destroy(Job& job, const ports::CallContext& context) const;
  void Find(Job& job, const ports::CallContext& context) const;
  void Describe(Job& job, const ports::CallContext& context) const;
  void RunHook(Job& job, const ports::CallContext& context) const;
  [[nodiscard]] model::Ownership Owner(const Job& job) const;
  // A node's properties for one call: views of the context's text, or of what is held here.
  struct Rendered {
    std::string_view properties;
    std::string_view recordable;  // empty: no secret is in them
    std::string text;
    base::SecretText secret_text;
  };
  [[nodiscard]] base::Status Render(const Job& job, Rendered* rendered) const;

  const std::string lineage_;
  const std::string cluster_;
  ports::HookRunner* const hooks_;
  const Hear hear_;
};

}  // namespace kadende::apply
