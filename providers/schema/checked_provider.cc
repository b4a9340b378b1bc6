#include "providers/schema/checked_provider.h"

#include <utility>

#include "providers/schema/property_schema.h"

namespace kadende::providers {
namespace {

class CheckedProvider : public ports::Provider {
 public:
  explicit CheckedProvider(std::unique_ptr<ports::Provider> provider)
      : provider_(std::move(provider)), schema_(PropertySchema::Parse(provider_->Manifest().property_schema)) {}

  const model::Manifest& Manifest() const override { return provider_->Manifest(); }

  base::Diagnostics Validate(std::string_view properties) override {
    base::Diagnostics found;
    if (schema_) {
      found = schema_->Check(properties);
    } else {
      found.Warning("", "provider `" + Manifest().name +
                            "` has a property schema that cannot be used: " + schema_.error().message);
    }
    if (!found.HasErrors()) found.Append(provider_->Validate(properties));
    return found;
  }

  base::Result<ports::ListPage> List(const ports::ListRequest& request, const ports::CallContext& context) override {
    return provider_->List(request, context);
  }
  base::Result<ports::DescribeResult> Describe(std::string_view scope_config, std::span<const std::string> ids,
                                               const ports::CallContext& context) override {
    return provider_->Describe(scope_config, ids, context);
  }
  base::Result<ports::CreateResult> Create(const ports::CreateRequest& request,
                                           const ports::CallContext& context) override {
    return provider_->Create(request, context);
  }
  base::Result<model::Instance> Update(const ports::UpdateRequest& request,
                                       const ports::CallContext& context) override {
    return provider_->Update(request, context);
  }
  base::Status Destroy(std::string_view scope_config, std::string_view id, std::string_view reason,
                       const ports::CallContext& context) override {
    return provider_->Destroy(scope_config, id, reason, context);
  }

 private:
  const std::unique_ptr<ports::Provider> provider_;
  const base::Result<PropertySchema> schema_;
};

}  // namespace

std::unique_ptr<ports::Provider> CheckProperties(std::unique_ptr<ports::Provider> provider) {
  return std::make_unique<CheckedProvider>(std::move(provider));
}

}  // namespace kadende::providers
