// Makes, lists and destroys instances. Implementations: providers/process, providers/sim, later plugins.
// Contract suite: tests/contract/provider_contract.h.
//
// Every method may be called from several threads at once, blocks until done, and honours CallContext. Instances live
// somewhere: `scope_config` is the canonical JSON object of the manifest's scope properties ("{}" where it has none)
// and says where a call looks; the scope that an answer carries is the provider's own name of that place, stable for as
// long as the place is the same one, and different for another account, engine, machine or file.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/diagnostics.h"
#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/model/instance.h"
#include "engine/model/manifest.h"
#include "engine/model/spec.h"

namespace kadende::ports {

struct CallContext {
  base::Millis timeout = std::chrono::minutes(5);  // of this call; a passed deadline is kTimeout
  std::stop_token stop;                            // ended early: kCancelled
  // The provider's own words about a call that takes long, one sentence at a time; foreign text. Called from the
  // call's thread. May be empty.
  std::function<void(std::string_view)> progress = {};
};

// Either by lineage, or (first apply) by cluster name whatever the lineage. Both empty: everything with a kadende tag.
struct ListRequest {
  std::string scope_config = "{}";
  std::string lineage;
  std::string cluster;
  std::string cursor;  // ListPage::next_cursor of the page before; empty: the first
};

struct ListPage {
  std::string scope;  // empty: the place does not exist yet, so nothing is there; looking does not make it
  std::vector<model::Instance> instances;  // sorted by id within a page
  std::string next_cursor;                 // empty: the last page
};

enum class Presence : std::uint8_t {
  kPresent,
  kGone,     // a definite not-found, or listed as terminated
  kUnknown,  // not found by a provider whose not-found is not definite
};

struct Description {
  std::string id;
  Presence presence = Presence::kUnknown;
  model::Instance instance;  // meaningful with kPresent
};

struct DescribeResult {
  std::string scope;
  std::vector<Description> descriptions;  // one per requested id, in their order
};

struct CreateRequest {
  std::string name;        // provider-side name (model::InstanceName)
  model::Ownership owner;  // owner.token is the client token
  std::vector<std::pair<std::string, std::string>> labels;
  std::string_view properties;  // canonical JSON object, all expressions evaluated; borrowed for the call
  // What of them may be kept and shown: the same with the secrets as the references that they were. What a provider
  // keeps on this machine for itself is this. Empty: `properties` holds no secret.
  std::string_view recordable = {};

  [[nodiscard]] std::string_view Recordable() const { return recordable.empty() ? properties : recordable; }
};

struct CreateResult {
  std::string scope;
  model::Instance instance;
};

struct UpdateRequest {
  std::string id;
  model::Ownership owner;  // to be stored instead of the present tags
  std::vector<std::pair<std::string, std::string>> labels;
  std::string_view properties;       // only mutable ones differ
  std::string_view recordable = {};  // as in CreateRequest
  // Only owner and labels change, also to another lineage or to none (an empty owner: no tag of ours is left);
  // `properties` are the scope properties alone. For providers with the ability "retag".
  bool tags_only = false;

  [[nodiscard]] std::string_view Recordable() const { return recordable.empty() ? properties : recordable; }
};

class Provider {
 public:
  virtual ~Provider() = default;

  // Constant after construction.
  [[nodiscard]] virtual const model::Manifest& Manifest() const = 0;

  // Pure: reads no file, sends nothing. Paths of diagnostics are relative to resourceProperties ("args[1]"). Strings
  // may hold ${...} where a value is not known yet; such a value is not judged.
  [[nodiscard]] virtual base::Diagnostics Validate(std::string_view properties) = 0;

  [[nodiscard]] virtual base::Result<ListPage> List(const ListRequest& request, const CallContext& context) = 0;

  [[nodiscard]] virtual base::Result<DescribeResult> Describe(std::string_view scope_config,
                                                              std::span<const std::string> ids,
                                                              const CallContext& context) = 0;

  // Success: the instance exists. An Error with Effect::kPossible: it may exist, or come to exist. With idempotent
  // tokens the same token gives the same instance, also while an earlier call is still under way.
  [[nodiscard]] virtual base::Result<CreateResult> Create(const CreateRequest& request, const CallContext& context) = 0;

  [[nodiscard]] virtual base::Result<model::Instance> Update(const UpdateRequest& request,
                                                             const CallContext& context) = 0;

  // Gone, or already gone: both succeed. `reason` is model::ReasonName.
  [[nodiscard]] virtual base::Status Destroy(std::string_view scope_config, std::string_view id,
                                             std::string_view reason, const CallContext& context) = 0;
};

// Finds the provider that a reference means.
class ProviderSource {
 public:
  virtual ~ProviderSource() = default;
  // The provider is owned by the source and lives as long as it. kNotFound: there is none of that name, or its plugin
  // is not installed; the message says what can be done. kDenied: there is one, which must not be run on what is being
  // planned (DESIGN 8); a plan then goes on without it.
  [[nodiscard]] virtual base::Result<Provider*> Find(const model::ProviderRef& ref) = 0;
};

}  // namespace kadende::ports
