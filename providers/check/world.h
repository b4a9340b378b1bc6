// One situation's world: a provider, a lineage that nobody else has, and the calls in short form. What it made is
// destroyed when it ends.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/model/identity.h"
#include "providers/check/check.h"

namespace kadende::providers::check {

struct Verdict {
  Outcome outcome = Outcome::kPassed;
  std::string message;
};
[[nodiscard]] inline Verdict Passed() {
  return {};
}
[[nodiscard]] inline Verdict Fault(std::string message) {
  return {Outcome::kFailed, std::move(message)};
}
[[nodiscard]] inline Verdict Skip(std::string why) {
  return {Outcome::kSkipped, std::move(why)};
}

class World {
 public:
  // kFailed where the provider cannot be made.
  World(const Target& target, const CheckOptions& options);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  [[nodiscard]] const std::string& broken() const { return broken_; }  // why there is no provider; empty: there is
  [[nodiscard]] ports::Provider& provider() { return *provider_; }
  [[nodiscard]] const model::Manifest& manifest() const { return provider_->Manifest(); }
  [[nodiscard]] const Target& target() const { return target_; }
  [[nodiscard]] const CheckOptions& options() const { return options_; }
  [[nodiscard]] ports::CallContext Context() const { return {options_.timeout, options_.stop}; }
  [[nodiscard]] const std::string& scope_config() const { return scope_config_; }
  [[nodiscard]] const std::string& lineage() const { return lineage_; }
  [[nodiscard]] bool Can(std::string_view ability) const;
  [[nodiscard]] Abilities abilities();

  [[nodiscard]] ports::CreateRequest Request(std::uint32_t ordinal, std::uint32_t incarnation = 1) const;
  [[nodiscard]] base::Result<ports::CreateResult> Create(const ports::CreateRequest& request);
  // All pages of a lineage (or, without one, of a cluster name), without what is terminated.
  [[nodiscard]] base::Result<std::vector<model::Instance>> List(const std::string& lineage,
                                                                const std::string& cluster = {});
  [[nodiscard]] base::Result<std::vector<model::Instance>> List() { return List(lineage_); }
  [[nodiscard]] base::Result<ports::Description> Describe(const std::string& id);
  [[nodiscard]] base::Status Destroy(const std::string& id);
  [[nodiscard]] const std::string& last_scope() const { return last_scope_; }

  // Asks until `fault` finds none ("" for none), or patience ends: at once where the listing is authoritative. Returns
  // the last fault.
  template <class F>
  [[nodiscard]] std::string LastFault(F fault) {
    const auto deadline = std::chrono::steady_clock::now() + Patience();
    for (;;) {
      std::string found = fault();
      if (found.empty() || options_.stop.stop_requested() || std::chrono::steady_clock::now() >= deadline) return found;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
  // "" where exactly these ids are listed for the lineage.
  [[nodiscard]] std::string LastFaultOfListing(std::vector<std::string> ids);
  // "" where the instance is described as there, or as not there.
  [[nodiscard]] std::string LastFaultOfPresence(const std::string& id, bool present);

 private:
  [[nodiscard]] std::chrono::milliseconds Patience() const;

  const Target& target_;
  const CheckOptions& options_;
  std::string broken_;
  std::unique_ptr<ports::Provider> provider_;
  std::string scope_config_;
  std::string last_scope_;
  std::mutex mutex_;
  std::vector<std::string> made_;  // guarded by mutex_; ids
  const std::string lineage_ = model::NewLineage();
  const std::string cluster_;
};

// "" where the tags are the same; else which one differs and how.
[[nodiscard]] std::string DifferenceOfOwners(const model::Ownership& got, const model::Ownership& want);

}  // namespace kadende::providers::check
