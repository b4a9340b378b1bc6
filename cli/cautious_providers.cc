#include "cli/cautious_providers.h"

namespace kadende::cli {
namespace {

using base::Result;

// Told by its form, so that a provider that does not know of this rule is held to it too.
bool NamesAddress(std::string_view scope_config) {
  return scope_config.find("://") != std::string_view::npos;
}

tl::unexpected<base::Error> OnlyLooks() {
  return base::Fail(base::ErrorCode::kInternal, "a plan changes nothing");
}

}  // namespace

class CautiousProviders::Cautious : public ports::Provider {
 public:
  Cautious(ports::Provider& provider, CautiousProviders& source) : provider_(provider), source_(source) {}

  const model::Manifest& Manifest() const override { return provider_.Manifest(); }
  base::Diagnostics Validate(std::string_view properties) override { return provider_.Validate(properties); }

  Result<ports::ListPage> List(const ports::ListRequest& request, const ports::CallContext& context) override {
    // As a place that does not exist yet: nothing that state knows of can be there.
    if (!MayAsk(request.scope_config)) return ports::ListPage{};
    return provider_.List(request, context);
  }
  Result<ports::DescribeResult> Describe(std::string_view scope_config, std::span<const std::string> ids,
                                         const ports::CallContext& context) override {
    if (MayAsk(std::string(scope_config))) return provider_.Describe(scope_config, ids, context);
    return base::Fail(base::ErrorCode::kUnavailable, "not looked at before the file is applied");
  }
  Result<ports::CreateResult> Create(const ports::CreateRequest& /*request*/,
                                     const ports::CallContext& /*context*/) override {
    return OnlyLooks();
  }
  Result<model::Instance> Update(const ports::UpdateRequest& /*request*/,
                                 const ports::CallContext& /*context*/) override {
    return OnlyLooks();
  }
  base::Status Destroy(std::string_view /*scope_config*/, std::string_view /*id*/, std::string_view /*reason*/,
                       const ports::CallContext& /*context*/) override {
    return OnlyLooks();
  }

 private:
  bool MayAsk(const std::string& scope_config) {
    const std::pair place(provider_.Manifest().name, scope_config);
    if (!NamesAddress(scope_config) || source_.accepted_.contains(place)) return true;
    source_.left_out_.insert(place);
    return false;
  }

  ports::Provider& provider_;
  CautiousProviders& source_;
};

CautiousProviders::CautiousProviders(ports::ProviderSource& all, const model::ClusterState& state) : all_(all) {
  for (const auto& [path, group] : state.groups) {
    for (const model::RevisionRecord& revision : group.record.revisions) {
      accepted_.emplace(revision.provider.name, revision.scope_config);
    }
  }
}

CautiousProviders::~CautiousProviders() = default;

Result<ports::Provider*> CautiousProviders::Find(const model::ProviderRef& ref) {
  auto found = all_.Find(ref);
  if (!found) return found;
  auto& made = made_[*found];
  if (!made) made = std::make_unique<Cautious>(**found, *this);
  return made.get();
}

// It reads and sends nothing.
ports::PlanUpdate* CautiousProviders::FindPlanUpdate(const model::ProviderRef& ref) {
  auto* able = dynamic_cast<ports::PlanUpdates*>(&all_);
  return able == nullptr ? nullptr : able->FindPlanUpdate(ref);
}

std::vector<std::string> CautiousProviders::Notes() const {
  std::vector<std::string> notes;
  for (const auto& [provider, scope_config] : left_out_) {
    notes.push_back("provider `" + provider + "` was not asked at " + scope_config +
                    ": that address is in this file and in nothing that was applied; `apply` looks there");
  }
  return notes;
}

}  // namespace kadende::cli
